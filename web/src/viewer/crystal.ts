// A crystal as the viewer holds it: one structure in one or more frames, with
// the bonds that the server found. No chemistry happens here.
import { at, inverse, toCart } from "./cell";
import type { CompactData } from "./compact";

export interface Crystal extends CompactData {
  id: string;
  /** Atoms in the cell. */
  n: number;
  /** How the bonds were found, as the server says. */
  bondsMethod: string | null;
}

/** The canonical record of GET /structures/{id}, as far as pictures need it. */
export interface StructureRecord {
  structure_id: string;
  formula?: string;
  lattice: number[][];
  species: string[];
  frac_coords: number[][];
  bonds?: { i: number; j: number; image: number[] }[] | null;
  bonds_method?: string | null;
}

export class CrystalError extends Error {
  override name = "CrystalError";
}

const finite = (rows: number[][], n: number) =>
  rows.length === n && rows.every((r) => r.length === 3 && r.every(Number.isFinite));

export function fromRecord(r: StructureRecord): Crystal {
  const n = r.species.length;
  if (n === 0 || !finite(r.lattice, 3) || !finite(r.frac_coords, n)) {
    throw new CrystalError(`the record of ${r.structure_id} has no usable lattice or coordinates`);
  }
  const lattice = Float64Array.from(r.lattice.flat());
  const symbols = [...new Set(r.species)];
  const index = new Map(symbols.map((s, k) => [s, k]));
  const positions = new Float64Array(3 * n);
  r.frac_coords.forEach((f, i) => {
    positions.set(toCart(lattice, at(f, 0), at(f, 1), at(f, 2)), 3 * i);
  });
  const bonds = r.bonds ? new Int32Array(5 * r.bonds.length) : null;
  r.bonds?.forEach((b, k) => {
    if (!(b.i >= 0 && b.i < n && b.j >= 0 && b.j < n && b.image.length === 3)) {
      throw new CrystalError(`bond ${k} of ${r.structure_id} joins atoms ${b.i} and ${b.j} of ${n}`);
    }
    bonds?.set([b.i, b.j, ...b.image], 5 * k);
  });
  return {
    id: r.structure_id,
    n,
    symbols,
    kinds: Uint16Array.from(r.species, (s) => index.get(s) ?? 0),
    lattices: [lattice],
    positions: [positions],
    bonds,
    bondsMethod: r.bonds_method ?? null,
    steps: null,
    energies: null,
    fmax: null,
  };
}

export function fromCompact(id: string, data: CompactData, bondsMethod: string | null = null): Crystal {
  return { ...data, id, n: data.kinds.length, bondsMethod };
}

export const frameCount = (c: Crystal): number => c.positions.length;
export const latticeOf = (c: Crystal, frame: number): Float64Array =>
  (c.lattices.length === 1 ? c.lattices[0] : c.lattices[frame]) as Float64Array;
export const positionsOf = (c: Crystal, frame: number): Float64Array => c.positions[frame] as Float64Array;
export const symbolOf = (c: Crystal, atom: number): string => c.symbols[at(c.kinds, atom)] as string;

/** The same elements in the same order: one can become the other. */
export function sameAtoms(a: Crystal, b: Crystal): boolean {
  if (a.n !== b.n) return false;
  for (let i = 0; i < a.n; i++) if (symbolOf(a, i) !== symbolOf(b, i)) return false;
  return true;
}

/** How far, in angstrom, an atom of a path's end may be from the relaxed structure. */
const SAME = 0.3;

/**
 * A path with the bonds of the structure it ends in. The bonds' image shifts
 * count from coordinates wrapped into the cell, the path runs unwrapped: each
 * atom of the path is moved by the lattice vector that separates the two at the
 * end. Null when the path does not end in this structure.
 */
export function withPath(end: Crystal, path: Crystal): Crystal | null {
  if (!sameAtoms(end, path)) return null;
  const last = frameCount(path) - 1;
  const lattice = latticeOf(path, last);
  const inv = inverse(lattice);
  if (!inv) return null;
  const shifts = new Int32Array(3 * end.n);
  for (let i = 0; i < end.n; i++) {
    const p = positionsOf(path, last);
    const q = positionsOf(end, 0);
    const d = [0, 1, 2].map((k) => at(p, 3 * i + k) - at(q, 3 * i + k));
    const f = toCart(inv, at(d, 0), at(d, 1), at(d, 2));
    const whole = f.map(Math.round);
    const rest = toCart(lattice, f[0] - at(whole, 0), f[1] - at(whole, 1), f[2] - at(whole, 2));
    if (Math.hypot(...rest) > SAME) return null;
    shifts.set(whole, 3 * i);
  }
  const positions = path.positions.map((frame, f) => {
    const l = latticeOf(path, f);
    const out = Float64Array.from(frame);
    for (let i = 0; i < end.n; i++) {
      const t = toCart(l, at(shifts, 3 * i), at(shifts, 3 * i + 1), at(shifts, 3 * i + 2));
      for (let k = 0; k < 3; k++) out[3 * i + k] = at(out, 3 * i + k) - (t[k] as number);
    }
    return out;
  });
  return { ...path, id: end.id, positions, bonds: end.bonds, bondsMethod: end.bondsMethod };
}

/** Neighbors of every atom: for atom i the entries offset[i]..offset[i+1] of atom and image. */
export interface Neighbors {
  offset: Int32Array;
  atom: Int32Array;
  /** da, db, dc of each entry. */
  image: Int32Array;
}

/** Each bond seen from both of its ends. */
export function neighborsOf(c: Crystal): Neighbors {
  const bonds = c.bonds ?? new Int32Array(0);
  const offset = new Int32Array(c.n + 1);
  for (let k = 0; k < bonds.length; k += 5) {
    offset[at(bonds, k) + 1] = at(offset, at(bonds, k) + 1) + 1;
    offset[at(bonds, k + 1) + 1] = at(offset, at(bonds, k + 1) + 1) + 1;
  }
  for (let i = 0; i < c.n; i++) offset[i + 1] = at(offset, i + 1) + at(offset, i);
  const next = offset.slice();
  const atom = new Int32Array(at(offset, c.n));
  const image = new Int32Array(3 * atom.length);
  const put = (i: number, j: number, k: number, sign: 1 | -1) => {
    const e = at(next, i);
    next[i] = e + 1;
    atom[e] = j;
    for (let axis = 0; axis < 3; axis++) image[3 * e + axis] = sign * at(bonds, k + 2 + axis);
  };
  for (let k = 0; k < bonds.length; k += 5) {
    put(at(bonds, k), at(bonds, k + 1), k, 1);
    put(at(bonds, k + 1), at(bonds, k), k, -1);
  }
  return { offset, atom, image };
}

/** Fractional coordinates of every atom in a frame, three numbers each. */
export function fractional(c: Crystal, frame: number): Float64Array {
  const out = new Float64Array(3 * c.n);
  const inv = inverse(latticeOf(c, frame));
  const p = positionsOf(c, frame);
  if (inv) for (let i = 0; i < c.n; i++) out.set(toCart(inv, at(p, 3 * i), at(p, 3 * i + 1), at(p, 3 * i + 2)), 3 * i);
  return out;
}

/** The nearest frame that a crystal has; 0 without one. */
export const clampFrame = (c: Crystal | undefined, frame: number): number =>
  c ? Math.max(0, Math.min(frameCount(c) - 1, frame)) : 0;
