// Many small quads in one buffer and one draw call, four vertices each.
import { BufferAttribute, BufferGeometry, Mesh, type ShaderMaterial } from "three";

export type Layout = Record<string, { size: number; bytes?: boolean }>;

export class Merged {
  readonly mesh: Mesh<BufferGeometry, ShaderMaterial>;
  count = 0;
  private room = 0;

  constructor(
    private readonly layout: Layout,
    material: ShaderMaterial,
  ) {
    this.mesh = new Mesh(new BufferGeometry(), material);
    this.mesh.frustumCulled = false; // no bounding volume is kept; all of it is in view or nearly
    this.resize(0);
  }

  /** Makes room for count quads; contents are undefined after growing. */
  resize(count: number): void {
    this.count = count;
    if (count > this.room || this.room === 0 || count < this.room / 4) this.allocate(Math.max(1, count));
    this.mesh.geometry.setDrawRange(0, 6 * count);
    this.mesh.visible = count > 0;
  }

  private allocate(room: number): void {
    this.mesh.geometry.dispose();
    const g = new BufferGeometry();
    for (const [name, { size, bytes }] of Object.entries(this.layout)) {
      const array = bytes ? new Uint8Array(4 * size * room) : new Float32Array(4 * size * room);
      g.setAttribute(name, new BufferAttribute(array, size, bytes === true));
    }
    const index = new Uint32Array(6 * room);
    for (let k = 0; k < room; k++) corners(index, k, k);
    g.setIndex(new BufferAttribute(index, 1));
    this.mesh.geometry = g;
    this.room = room;
  }

  /**
   * Draws the quads from the front to the back, so that what is hidden is
   * rejected by depth before it is shaded. Depths need not be exact: they go
   * into buckets.
   */
  sort(depth: Float32Array): void {
    const order = frontToBack(depth, this.count);
    const index = this.mesh.geometry.getIndex();
    if (!index) return;
    for (let k = 0; k < this.count; k++) corners(index.array as Uint32Array, k, order[k] as number);
    index.needsUpdate = true;
  }

  private attribute(name: string): BufferAttribute {
    return this.mesh.geometry.getAttribute(name) as BufferAttribute;
  }

  /** The array of an attribute; call touch after writing. */
  floats(name: string): Float32Array {
    return this.attribute(name).array as Float32Array;
  }

  bytes(name: string): Uint8Array {
    return this.attribute(name).array as Uint8Array;
  }

  touch(...names: string[]): void {
    for (const name of names) this.attribute(name).needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
  }
}

const BUCKETS = 1024;

/** The numbers of the first count items, largest depth first, by counting. */
export function frontToBack(depth: Float32Array, count: number): Uint32Array {
  let low = Infinity;
  let high = -Infinity;
  for (let k = 0; k < count; k++) {
    const d = depth[k] as number;
    if (d < low) low = d;
    if (d > high) high = d;
  }
  const scale = high > low ? (BUCKETS - 1) / (high - low) : 0;
  const bucket = (k: number) => Math.floor((high - (depth[k] as number)) * scale);
  const start = new Uint32Array(BUCKETS + 1);
  for (let k = 0; k < count; k++) {
    const b = bucket(k) + 1;
    start[b] = (start[b] as number) + 1;
  }
  for (let b = 0; b < BUCKETS; b++) start[b + 1] = (start[b + 1] as number) + (start[b] as number);
  const out = new Uint32Array(count);
  for (let k = 0; k < count; k++) {
    const b = bucket(k);
    const at = start[b] as number;
    out[at] = k;
    start[b] = at + 1;
  }
  return out;
}

/** Two triangles of quad number quad, as the item at place of the index. */
function corners(index: Uint32Array, place: number, quad: number): void {
  const [i, v] = [6 * place, 4 * quad];
  index[i] = v;
  index[i + 1] = v + 1;
  index[i + 2] = v + 2;
  index[i + 3] = v;
  index[i + 4] = v + 2;
  index[i + 5] = v + 3;
}

/** Writes the same four numbers to the four vertices of quad i. */
export function put4(out: Float32Array | Uint8Array, i: number, x: number, y: number, z: number, w: number): void {
  for (let v = 16 * i; v < 16 * i + 16; v += 4) {
    out[v] = x;
    out[v + 1] = y;
    out[v + 2] = z;
    out[v + 3] = w;
  }
}

export function put3(out: Float32Array, i: number, x: number, y: number, z: number): void {
  for (let v = 12 * i; v < 12 * i + 12; v += 3) {
    out[v] = x;
    out[v + 1] = y;
    out[v + 2] = z;
  }
}
