// Which drawn atom a ray meets first. Atoms lie in a uniform grid; the ray walks
// its cells from the front and stops at the first cell that holds a hit.
import type { Vec3 } from "./cell";

/** A ray; the direction is a unit vector. */
export interface Ray {
  origin: Vec3;
  direction: Vec3;
}

export class PickGrid {
  private readonly low: Vec3 = [Infinity, Infinity, Infinity];
  private readonly size: Vec3 = [1, 1, 1];
  private readonly step: number;
  private readonly start: Int32Array;
  private readonly items: Int32Array;

  /** Positions are three numbers an atom. */
  constructor(
    private readonly positions: Float32Array,
    private readonly radii: Float32Array,
  ) {
    const n = radii.length;
    const high: Vec3 = [-Infinity, -Infinity, -Infinity];
    let largest = 0.1;
    for (let i = 0; i < n; i++) {
      const r = radii[i] as number;
      largest = Math.max(largest, r);
      for (let x = 0; x < 3; x++) {
        const p = positions[3 * i + x] as number;
        this.low[x] = Math.min(this.low[x] as number, p - r);
        high[x] = Math.max(high[x] as number, p + r);
      }
    }
    if (n === 0) this.low.fill(0);
    const span = n === 0 ? 1 : Math.max(...high.map((h, x) => h - (this.low[x] as number)));
    // About one atom a cell, never so many cells that walking them costs more.
    this.step = Math.max(2 * largest, span / Math.min(128, 2 * Math.cbrt(n) + 1));
    for (let x = 0; x < 3; x++) {
      this.size[x] =
        n === 0 ? 1 : Math.max(1, Math.ceil(((high[x] as number) - (this.low[x] as number)) / this.step + 1e-6));
    }
    const cells = this.size[0] * this.size[1] * this.size[2];
    this.start = new Int32Array(cells + 1);
    for (let i = 0; i < n; i++)
      this.eachCell(i, (c) => {
        this.start[c + 1] = (this.start[c + 1] as number) + 1;
      });
    for (let c = 0; c < cells; c++) this.start[c + 1] = (this.start[c + 1] as number) + (this.start[c] as number);
    const next = this.start.slice();
    this.items = new Int32Array(this.start[cells] as number);
    for (let i = 0; i < n; i++) {
      this.eachCell(i, (c) => {
        this.items[next[c] as number] = i;
        next[c] = (next[c] as number) + 1;
      });
    }
  }

  private cellOf(x: number, axis: 0 | 1 | 2): number {
    return Math.max(0, Math.min(this.size[axis] - 1, Math.floor((x - this.low[axis]) / this.step)));
  }

  /** Every cell that the bounding box of an atom touches. */
  private eachCell(i: number, visit: (cell: number) => void): void {
    const r = this.radii[i] as number;
    const [x, y, z] = [0, 1, 2].map((k) => this.positions[3 * i + k] as number) as Vec3;
    for (let a = this.cellOf(x - r, 0); a <= this.cellOf(x + r, 0); a++)
      for (let b = this.cellOf(y - r, 1); b <= this.cellOf(y + r, 1); b++)
        for (let c = this.cellOf(z - r, 2); c <= this.cellOf(z + r, 2); c++)
          visit((a * this.size[1] + b) * this.size[2] + c);
  }

  /** The atom whose sphere the ray enters first, or -1. */
  pick(ray: Ray): number {
    const span = this.clip(ray);
    if (!span) return -1;
    const { origin: o, direction: d } = ray;
    const begin = span.near + 1e-9;
    const cell = [0, 1, 2].map((x) => this.cellOf((o[x] as number) + begin * (d[x] as number), x as 0 | 1 | 2)) as Vec3;
    const sign = d.map((v) => (v > 0 ? 1 : -1)) as Vec3;
    const delta = d.map((v) => (v === 0 ? Infinity : this.step / Math.abs(v))) as Vec3;
    const next = d.map((v, x) => {
      if (v === 0) return Infinity;
      const face = this.low[x as 0 | 1 | 2] + ((cell[x] as number) + (v > 0 ? 1 : 0)) * this.step;
      return (face - (o[x] as number)) / v;
    }) as Vec3;
    for (;;) {
      const axis = next[0] < next[1] ? (next[0] < next[2] ? 0 : 2) : next[1] < next[2] ? 1 : 2;
      const hit = this.inCell((cell[0] * this.size[1] + cell[1]) * this.size[2] + cell[2], ray, next[axis] + 1e-6);
      if (hit >= 0) return hit;
      cell[axis] += sign[axis];
      if (cell[axis] < 0 || cell[axis] >= this.size[axis]) return -1;
      next[axis] += delta[axis];
    }
  }

  /** The first hit in a cell before the ray leaves it. */
  private inCell(cell: number, { origin: o, direction: d }: Ray, limit: number): number {
    let best = -1;
    let nearest = limit;
    for (let e = this.start[cell] as number; e < (this.start[cell + 1] as number); e++) {
      const i = this.items[e] as number;
      const x = (this.positions[3 * i] as number) - o[0];
      const y = (this.positions[3 * i + 1] as number) - o[1];
      const z = (this.positions[3 * i + 2] as number) - o[2];
      const along = x * d[0] + y * d[1] + z * d[2];
      const r = this.radii[i] as number;
      const gap = r * r - (x * x + y * y + z * z - along * along);
      if (gap < 0) continue;
      const t = along - Math.sqrt(gap);
      if (t < nearest && along + Math.sqrt(gap) > 0) {
        nearest = t;
        best = i;
      }
    }
    return best;
  }

  /** The part of the ray inside the grid. */
  private clip({ origin, direction }: Ray): { near: number } | null {
    let near = 0;
    let far = Infinity;
    for (let x = 0; x < 3; x++) {
      const axis = x as 0 | 1 | 2;
      const low = this.low[axis] - origin[axis];
      const high = low + this.size[axis] * this.step;
      const v = direction[axis];
      if (Math.abs(v) < 1e-12) {
        if (low > 0 || high < 0) return null;
        continue;
      }
      near = Math.max(near, Math.min(low / v, high / v));
      far = Math.min(far, Math.max(low / v, high / v));
    }
    return near <= far ? { near } : null;
  }
}
