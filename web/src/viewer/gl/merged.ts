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
    for (let i = 0, v = 0; i < index.length; i += 6, v += 4) {
      index[i] = v;
      index[i + 1] = v + 1;
      index[i + 2] = v + 2;
      index[i + 3] = v;
      index[i + 4] = v + 2;
      index[i + 5] = v + 3;
    }
    g.setIndex(new BufferAttribute(index, 1));
    this.mesh.geometry = g;
    this.room = room;
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
