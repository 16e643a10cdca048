// Atoms and bonds, each held once and drawn in one of two forms: the fine one,
// four vertices a thing, or the light one for what is small on the picture: an
// atom is a point, a bond a line. Under software GL vertices and triangles are
// what a picture of many atoms costs. A form is filled when it is drawn.
import type { ShaderMaterial } from "three";
import { at } from "../cell";
import { type Materials, PLAIN } from "./materials";
import { Merged, put4 } from "./merged";
import { STATE_STUB } from "./shaders";

interface Shown {
  merged: Merged;
  place(places: Float32Array, count: number): void;
  paint(tints: Uint8Array, count: number): void;
  stale: { size: boolean; places: boolean; tints: boolean };
}

export class Items {
  /** Numbers and bytes of each thing; call moved or painted after writing. */
  places = new Float32Array(0);
  tints = new Uint8Array(0);
  count = 0;

  protected constructor(
    private readonly size: number,
    readonly fine: Shown,
    readonly light: Shown,
  ) {}

  get objects() {
    return [this.fine.merged.object, this.light.merged.object];
  }

  resize(count: number): void {
    this.count = count;
    this.places = new Float32Array(this.size * count);
    this.tints = new Uint8Array(this.size * count);
    for (const s of [this.fine, this.light]) s.stale = { size: true, places: true, tints: true };
  }

  moved(): void {
    for (const s of [this.fine, this.light]) s.stale.places = true;
  }

  painted(): void {
    for (const s of [this.fine, this.light]) s.stale.tints = true;
  }

  /** Draws the things in a form with a material, in the next pictures. */
  show(light: boolean, material: ShaderMaterial): void {
    const [used, other] = light ? [this.light, this.fine] : [this.fine, this.light];
    other.merged.object.visible = false;
    const { merged, stale } = used;
    if (stale.size) merged.resize(this.count);
    if (stale.places) used.place(this.places, this.count);
    if (stale.tints) used.paint(this.tints, this.count);
    used.stale = { size: false, places: false, tints: false };
    merged.object.visible = this.count > 0;
    merged.object.material = material;
  }

  dispose(): void {
    this.fine.merged.dispose();
    this.light.merged.dispose();
  }
}

const fresh = () => ({ size: true, places: true, tints: true });

/** Each number four times over, in groups of four: the corners of a quad are told alike. */
function spread(from: Float32Array | Uint8Array, start: number, step: number, out: typeof from, count: number): void {
  for (let k = 0, i = start; k < count; k++, i += step)
    put4(out, k, at(from, i), at(from, i + 1), at(from, i + 2), at(from, i + 3));
}

/** Atoms: x, y, z, radius; red, green, blue, state. */
export class Spheres extends Items {
  constructor(materials: Materials) {
    const layout = { aCenter: { size: 4 }, aColor: { size: 4, bytes: true } };
    const quads = new Merged("quad", layout, materials.of("atom", PLAIN));
    const points = new Merged("point", layout, materials.of("point", PLAIN));
    const form = (
      merged: Merged,
      copy: (from: Float32Array | Uint8Array, out: typeof from, count: number) => void,
    ) => ({
      merged,
      stale: fresh(),
      place: (places: Float32Array, count: number) => {
        copy(places, merged.floats("aCenter"), count);
        merged.touch("aCenter");
      },
      paint: (tints: Uint8Array, count: number) => {
        copy(tints, merged.bytes("aColor"), count);
        merged.touch("aColor");
      },
    });
    super(
      4,
      form(quads, (from, out, count) => spread(from, 0, 4, out, count)),
      form(points, (from, out) => out.set(from)),
    );
  }
}

/** Bonds: both ends like atoms, one after the other. A radius is where the bond leaves its atom. */
export class Sticks extends Items {
  constructor(materials: Materials) {
    const four = { size: 4 };
    const bytes = { size: 4, bytes: true };
    const layout = { aFrom: four, aTo: four, aColorFrom: bytes, aColorTo: bytes };
    const quads = new Merged("quad", layout, materials.of("bond", PLAIN));
    const lines = new Merged("line", { aPoint: { size: 3 }, aTint: bytes }, materials.of("thread", PLAIN));
    super(
      8,
      {
        merged: quads,
        stale: fresh(),
        place: (places, count) => {
          spread(places, 0, 8, quads.floats("aFrom"), count);
          spread(places, 4, 8, quads.floats("aTo"), count);
          quads.touch("aFrom", "aTo");
        },
        paint: (tints, count) => {
          spread(tints, 0, 8, quads.bytes("aColorFrom"), count);
          spread(tints, 4, 8, quads.bytes("aColorTo"), count);
          quads.touch("aColorFrom", "aColorTo");
        },
      },
      {
        merged: lines,
        stale: fresh(),
        place: (places, count) => {
          trim(places, lines.floats("aPoint"), count);
          lines.touch("aPoint");
        },
        paint: (tints, count) => {
          const out = lines.bytes("aTint");
          out.set(tints.subarray(0, 8 * count));
          // What leads to nothing drawn fades towards its end.
          for (let k = 3; k < 8 * count; k += 8) if (at(out, k) & STATE_STUB) out[k + 4] = STATE_STUB;
          for (let k = 3; k < 8 * count; k += 8) out[k] = at(out, k) & ~STATE_STUB;
          lines.touch("aTint");
        },
      },
    );
  }
}

/** The ends of bonds, cut where they leave their atoms. */
function trim(places: Float32Array, out: Float32Array, count: number): void {
  for (let k = 0, i = 0, o = 0; k < count; k++, i += 8, o += 6) {
    const [x, y, z] = [at(places, i), at(places, i + 1), at(places, i + 2)];
    const [dx, dy, dz] = [at(places, i + 4) - x, at(places, i + 5) - y, at(places, i + 6) - z];
    const length = Math.max(Math.hypot(dx, dy, dz), 1e-4);
    const s = at(places, i + 3) / length;
    const e = Math.max(1 - at(places, i + 7) / length, s);
    out[o] = x + s * dx;
    out[o + 1] = y + s * dy;
    out[o + 2] = z + s * dz;
    out[o + 3] = x + e * dx;
    out[o + 4] = y + e * dy;
    out[o + 5] = z + e * dz;
  }
}
