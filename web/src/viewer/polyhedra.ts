// Coordination polyhedra from the server's bonds. A center is an atom less
// electronegative than all of its neighbors, with 4 to 8 of them: the large cages around spectator
// cations would hide all others.
import { at, type Vec3 } from "./cell";
import { type Crystal, latticeOf, type Neighbors, positionsOf, symbolOf } from "./crystal";
import { element } from "./elements";
import { convexHull } from "./hull";

const MIN_NEIGHBORS = 4;
const MAX_NEIGHBORS = 8;

/** 1 for every atom of the crystal that gets a polyhedron. */
export function centers(c: Crystal, near: Neighbors): Uint8Array {
  const x = c.symbols.map((s) => element(s).electronegativity);
  return Uint8Array.from({ length: c.n }, (_, i) => {
    const from = at(near.offset, i);
    const to = at(near.offset, i + 1);
    if (to - from < MIN_NEIGHBORS || to - from > MAX_NEIGHBORS) return 0;
    for (let e = from; e < to; e++) if (at(x, at(c.kinds, at(near.atom, e))) <= at(x, at(c.kinds, i)) + 0.2) return 0;
    return 1;
  });
}

export interface Polyhedron {
  center: number;
  /** Corners: atom and cell relative to the center's, four numbers each. */
  corners: Int32Array;
  /** Corner indices, three a triangle. */
  triangles: number[];
  edges: [number, number][];
}

/** One polyhedron for every center of the cell, as it is in a frame. */
export function polyhedra(c: Crystal, near: Neighbors, frame: number): Polyhedron[] {
  const l = latticeOf(c, frame);
  const p = positionsOf(c, frame);
  const is = centers(c, near);
  const out: Polyhedron[] = [];
  for (let i = 0; i < c.n; i++) {
    if (!is[i]) continue;
    const points: Vec3[] = [];
    const corners: number[] = [];
    for (let e = at(near.offset, i); e < at(near.offset, i + 1); e++) {
      const j = at(near.atom, e);
      const [a, b, d] = [at(near.image, 3 * e), at(near.image, 3 * e + 1), at(near.image, 3 * e + 2)];
      corners.push(j, a, b, d);
      points.push([0, 1, 2].map((x) => at(p, 3 * j + x) + a * at(l, x) + b * at(l, 3 + x) + d * at(l, 6 + x)) as Vec3);
    }
    const hull = convexHull(points);
    if (!hull) continue;
    const triangles = hull.faces.flatMap((f) =>
      f.slice(1, -1).flatMap((m, k) => [f[0] as number, m, f[k + 2] as number]),
    );
    out.push({ center: i, corners: Int32Array.from(corners), triangles, edges: hull.edges });
  }
  return out;
}

/** Element symbols that have polyhedra, for the legend. */
export function centerSymbols(c: Crystal, near: Neighbors): string[] {
  const is = centers(c, near);
  return [...new Set(Array.from(is, (v, i) => (v ? symbolOf(c, i) : "")).filter(Boolean))];
}
