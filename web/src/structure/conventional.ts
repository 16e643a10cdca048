// A crystal in its conventional cell: the stored atoms and bonds, repeated by
// the whole vectors that the server names. Nothing is computed anew but places.
import { type Crystal, latticeOf, positionsOf } from "../viewer";
import type { ConventionalCell } from "./types";

export function inConventionalCell(c: Crystal, cell: ConventionalCell): Crystal {
  const n = cell.atoms.length;
  const kinds = Uint16Array.from(cell.atoms, ([i]) => c.kinds[i] ?? 0);
  const moved = new Float64Array(3 * n);
  const positions = c.positions.map((_, f) => {
    const l = latticeOf(c, f);
    const from = positionsOf(c, f);
    const out = moved.slice();
    cell.atoms.forEach(([i, ...t], k) => {
      for (let x = 0; x < 3; x++) out[3 * k + x] = (from[3 * i + x] ?? 0) + along(t, l, x);
    });
    return out;
  });
  const lattices = c.lattices.map((l) => {
    const out = new Float64Array(9);
    cell.transform.forEach((row, r) => {
      for (let x = 0; x < 3; x++) out[3 * r + x] = along(row, l, x);
    });
    return out;
  });
  return {
    ...c,
    id: `${c.id}/conventional`,
    n,
    kinds,
    lattices,
    positions,
    bonds: cell.bonds ? Int32Array.from(cell.bonds.flat()) : null,
    energies: c.energies ? Float64Array.from(c.energies, (e) => (e * n) / c.n) : null,
  };
}

function along(t: readonly number[], lattice: ArrayLike<number>, x: number): number {
  return (t[0] ?? 0) * (lattice[x] ?? 0) + (t[1] ?? 0) * (lattice[3 + x] ?? 0) + (t[2] ?? 0) * (lattice[6 + x] ?? 0);
}
