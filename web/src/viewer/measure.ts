// Distances, angles and dihedrals. Between atoms of a crystal each leg is the
// shortest periodic one, unless the drawn atoms themselves are meant.
import { angleBetween, cross, dot, minimumImage, norm, sub, type Vec3 } from "./cell";

export type MeasureKind = "distance" | "angle" | "dihedral";

export interface Measurement {
  kind: MeasureKind;
  value: number;
  unit: "Å" | "°";
  /** Points as measured: the first is as given, each next the nearest image. */
  points: Vec3[];
}

/** Measures 2, 3 or 4 points; with a lattice, by minimum image from point to point. */
export function measure(points: Vec3[], lattice: ArrayLike<number> | null): Measurement | null {
  const first = points[0];
  if (!first || points.length < 2 || points.length > 4) return null;
  const chain: Vec3[] = [first];
  for (let k = 1; k < points.length; k++) {
    const d = sub(points[k] as Vec3, points[k - 1] as Vec3);
    const leg = lattice ? minimumImage(lattice, d) : d;
    const p = chain[k - 1] as Vec3;
    chain.push([p[0] + leg[0], p[1] + leg[1], p[2] + leg[2]]);
  }
  const [p, q, r, s] = chain as [Vec3, Vec3, Vec3, Vec3];
  if (chain.length === 2) return { kind: "distance", value: norm(sub(q, p)), unit: "Å", points: chain };
  if (chain.length === 3) return { kind: "angle", value: angleBetween(sub(p, q), sub(r, q)), unit: "°", points: chain };
  return { kind: "dihedral", value: dihedral(p, q, r, s), unit: "°", points: chain };
}

/** The torsion p-q-r-s in (-180, 180], by the IUPAC sign. */
export function dihedral(p: Vec3, q: Vec3, r: Vec3, s: Vec3): number {
  const b1 = sub(q, p);
  const b2 = sub(r, q);
  const b3 = sub(s, r);
  const n1 = cross(b1, b2);
  const n2 = cross(b2, b3);
  return (Math.atan2(norm(b2) * dot(b1, n2), dot(n1, n2)) * 180) / Math.PI;
}
