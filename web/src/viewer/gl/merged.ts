// Many small things of one kind in one buffer and one draw call.
import { BufferAttribute, BufferGeometry, LineSegments, Mesh, Points, type ShaderMaterial } from "three";

export type Layout = Record<string, { size: number; bytes?: boolean }>;

/** What a thing is made of: the corners of a quad, the ends of a line, a point. */
export type Form = "quad" | "line" | "point";

export const VERTICES: Record<Form, number> = { quad: 4, line: 2, point: 1 };

type Drawn = (Mesh | LineSegments | Points) & { material: ShaderMaterial };

function drawn(form: Form, material: ShaderMaterial): Drawn {
  const g = new BufferGeometry();
  if (form === "quad") return new Mesh(g, material);
  return form === "line" ? new LineSegments(g, material) : new Points(g, material);
}

export class Merged {
  readonly object: Drawn;
  count = 0;
  private room = 0;
  private readonly vertices: number;

  constructor(
    private readonly form: Form,
    private readonly layout: Layout,
    material: ShaderMaterial,
  ) {
    this.vertices = VERTICES[form];
    this.object = drawn(form, material);
    this.object.frustumCulled = false; // no bounding volume is kept; all of it is in view or nearly
    this.object.visible = false;
  }

  /** Makes room for count things; contents are undefined after growing. */
  resize(count: number): void {
    this.count = count;
    if (count > this.room || this.room === 0 || count < this.room / 4) this.allocate(Math.max(1, count));
    this.object.geometry.setDrawRange(0, (this.form === "quad" ? 6 : this.vertices) * count);
    this.object.visible = count > 0;
  }

  private allocate(room: number): void {
    this.object.geometry.dispose();
    const g = new BufferGeometry();
    for (const [name, { size, bytes }] of Object.entries(this.layout)) {
      const length = this.vertices * size * room;
      const array = bytes ? new Uint8Array(length) : new Float32Array(length);
      g.setAttribute(name, new BufferAttribute(array, size, bytes === true));
    }
    if (this.form === "quad") g.setIndex(new BufferAttribute(corners(room), 1));
    this.object.geometry = g;
    this.room = room;
  }

  private attribute(name: string): BufferAttribute {
    return this.object.geometry.getAttribute(name) as BufferAttribute;
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
    this.object.geometry.dispose();
  }
}

/** Two triangles for each of so many quads. */
function corners(quads: number): Uint16Array | Uint32Array {
  const index = 4 * quads <= 0x10000 ? new Uint16Array(6 * quads) : new Uint32Array(6 * quads);
  for (let k = 0; k < quads; k++) {
    const [i, v] = [6 * k, 4 * k];
    index[i] = v;
    index[i + 1] = v + 1;
    index[i + 2] = v + 2;
    index[i + 3] = v;
    index[i + 4] = v + 2;
    index[i + 5] = v + 3;
  }
  return index;
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
