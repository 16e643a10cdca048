// What is drawn of a crystal: which atoms in which cells, which bonds between
// them. Positions are not in here, so that frames change without a new one.
import { at, inverse, toCart, type Vec3 } from "./cell";
import { type Crystal, latticeOf, type Neighbors, neighborsOf, positionsOf } from "./crystal";
import { centers } from "./polyhedra";

export type Images = "none" | "boundary" | "bonded";

export interface DisplayOptions {
  supercell: Vec3;
  /** Ghosts: none, those on the far faces of the block, or also every bonded partner. */
  images: Images;
  bonds: boolean;
  polyhedra: boolean;
}

export interface Display {
  /** Atoms of the cells asked for; the ghosts follow them. */
  real: number;
  /** With the ghosts on the faces: those that may carry a polyhedron. */
  block: number;
  count: number;
  /** For each drawn atom its atom in the crystal and its cell (3 numbers). */
  source: Int32Array;
  image: Int32Array;
  /** For each drawn bond: the drawn atom it starts at, the atom and cell it leads to. */
  bondCount: number;
  bondFrom: Int32Array;
  bondTo: Int32Array;
  bondImage: Int32Array;
  /** 1: to the other atom; 0: to the middle only, because the other is not drawn. */
  bondWhole: Uint8Array;
  /** 1: both ends are ghosts. */
  bondGhost: Uint8Array;
  /** Ends of bonds at real atoms: two for every bond of the server in every cell. */
  bondEnds: number;
  neighbors: Neighbors;
}

/** How near, in angstrom, an atom is to a face to be repeated on the opposite one. */
const ON_FACE = 0.1;

export function buildDisplay(c: Crystal, o: DisplayOptions, frame: number): Display {
  const neighbors = neighborsOf(c);
  const atoms = new AtomSet(c, o.supercell);
  if (o.images !== "none") boundary(atoms, frame);
  const block = atoms.count;
  if (o.images === "bonded") partners(atoms, neighbors, atoms.real, null);
  if (o.polyhedra) partners(atoms, neighbors, block, centers(c, neighbors));
  const bonds = new BondList();
  if (o.bonds && c.bonds) {
    bondsOfReal(atoms, neighbors, bonds);
    bondsOfGhosts(atoms, neighbors, bonds);
  }
  return { ...atoms.arrays(), ...bonds.arrays(), block, neighbors };
}

/** The drawn atoms. Real ones are numbered by arithmetic, ghosts by a map. */
class AtomSet {
  readonly real: number;
  readonly ghosts: number[] = []; // source, da, db, dc of each
  private readonly index = new Map<string, number>();

  constructor(
    readonly c: Crystal,
    readonly size: Vec3,
  ) {
    this.real = c.n * size[0] * size[1] * size[2];
  }

  get count(): number {
    return this.real + this.ghosts.length / 4;
  }

  /** The drawn atom at a cell, or -1. */
  find(source: number, a: number, b: number, d: number): number {
    const [n, m, k] = this.size;
    if (a >= 0 && a < n && b >= 0 && b < m && d >= 0 && d < k) return ((a * m + b) * k + d) * this.c.n + source;
    return this.index.get(`${source},${a},${b},${d}`) ?? -1;
  }

  add(source: number, a: number, b: number, d: number): void {
    if (this.find(source, a, b, d) >= 0) return;
    this.index.set(`${source},${a},${b},${d}`, this.count);
    this.ghosts.push(source, a, b, d);
  }

  eachReal(visit: (drawn: number, source: number, a: number, b: number, d: number) => void): void {
    const [n, m, k] = this.size;
    let drawn = 0;
    for (let a = 0; a < n; a++)
      for (let b = 0; b < m; b++)
        for (let d = 0; d < k; d++) for (let i = 0; i < this.c.n; i++) visit(drawn++, i, a, b, d);
  }

  arrays() {
    const { count } = this;
    const source = new Int32Array(count);
    const image = new Int32Array(3 * count);
    const put = (drawn: number, i: number, a: number, b: number, d: number) => {
      source[drawn] = i;
      image[3 * drawn] = a;
      image[3 * drawn + 1] = b;
      image[3 * drawn + 2] = d;
    };
    this.eachReal(put);
    for (let g = 0; g < this.ghosts.length; g += 4) {
      const [i, a, b, d] = this.ghosts.slice(g, g + 4) as [number, number, number, number];
      put(this.real + g / 4, i, a, b, d);
    }
    return { real: this.real, count, source, image };
  }
}

/** Repeats atoms on a face of the block on the opposite face, edge and corner. */
function boundary(atoms: AtomSet, frame: number): void {
  const l = latticeOf(atoms.c, frame);
  const inv = inverse(l);
  if (!inv) return;
  const p = positionsOf(atoms.c, frame);
  const tolerance = [0, 1, 2].map((k) => ON_FACE * Math.hypot(at(inv, k), at(inv, 3 + k), at(inv, 6 + k)));
  for (let i = 0; i < atoms.c.n; i++) {
    const f = toCart(inv, at(p, 3 * i), at(p, 3 * i + 1), at(p, 3 * i + 2));
    const shifts = f.map((x, axis) => {
      const t = at(tolerance, axis);
      if (Math.abs(x) < t) return [0, atoms.size[axis] as number]; // also behind the last cell
      if (Math.abs(x - 1) < t) return [0, -1]; // also before the first
      return [0];
    });
    const cells = (axis: 0 | 1 | 2) => {
      const inside = Array.from({ length: atoms.size[axis] }, (_, k) => k);
      return [...inside, ...(shifts[axis] as number[]).slice(1)];
    };
    if (shifts.every((s) => s.length === 1)) continue;
    for (const a of cells(0)) for (const b of cells(1)) for (const d of cells(2)) atoms.add(i, a, b, d);
  }
}

/** Adds the bonded partners of the first drawn atoms, or of some kinds of them. */
function partners(atoms: AtomSet, near: Neighbors, first: number, of: Uint8Array | null): void {
  const visit = (_: number, i: number, a: number, b: number, d: number) => {
    if (of && !of[i]) return;
    for (let e = at(near.offset, i); e < at(near.offset, i + 1); e++) {
      atoms.add(
        at(near.atom, e),
        a + at(near.image, 3 * e),
        b + at(near.image, 3 * e + 1),
        d + at(near.image, 3 * e + 2),
      );
    }
  };
  atoms.eachReal(visit);
  for (let g = 0; g < 4 * (first - atoms.real); g += 4) {
    visit(0, ...(atoms.ghosts.slice(g, g + 4) as [number, number, number, number]));
  }
}

class BondList {
  private from: number[] = [];
  private to: number[] = [];
  private image: number[] = [];
  private whole: number[] = [];
  private ghost: number[] = [];
  ends = 0;

  add(from: number, to: number, a: number, b: number, d: number, whole: boolean, ghost: boolean): void {
    this.from.push(from);
    this.to.push(to);
    this.image.push(a, b, d);
    this.whole.push(whole ? 1 : 0);
    this.ghost.push(ghost ? 1 : 0);
  }

  arrays() {
    return {
      bondCount: this.from.length,
      bondFrom: Int32Array.from(this.from),
      bondTo: Int32Array.from(this.to),
      bondImage: Int32Array.from(this.image),
      bondWhole: Uint8Array.from(this.whole),
      bondGhost: Uint8Array.from(this.ghost),
      bondEnds: this.ends,
    };
  }
}

/** Every end of a bond at a real atom is drawn, once. */
function bondsOfReal(atoms: AtomSet, near: Neighbors, out: BondList): void {
  atoms.eachReal((drawn, i, a, b, d) => {
    for (let e = at(near.offset, i); e < at(near.offset, i + 1); e++) {
      const j = at(near.atom, e);
      const [p, q, r] = [a + at(near.image, 3 * e), b + at(near.image, 3 * e + 1), d + at(near.image, 3 * e + 2)];
      const other = atoms.find(j, p, q, r);
      out.ends++;
      if (other >= atoms.real) out.add(drawn, j, p, q, r, true, false);
      else if (other < 0) out.add(drawn, j, p, q, r, false, false);
      else if (drawn < other) out.add(drawn, j, p, q, r, true, false);
    }
  });
}

/** Bonds among ghosts complete the picture of the far faces; they are not counted. */
function bondsOfGhosts(atoms: AtomSet, near: Neighbors, out: BondList): void {
  for (let g = 0; g < atoms.ghosts.length; g += 4) {
    const [i, a, b, d] = atoms.ghosts.slice(g, g + 4) as [number, number, number, number];
    const drawn = atoms.real + g / 4;
    for (let e = at(near.offset, i); e < at(near.offset, i + 1); e++) {
      const [p, q, r] = [a + at(near.image, 3 * e), b + at(near.image, 3 * e + 1), d + at(near.image, 3 * e + 2)];
      const other = atoms.find(at(near.atom, e), p, q, r);
      if (other > drawn) out.add(drawn, at(near.atom, e), p, q, r, true, true);
    }
  }
}

/** Cartesian positions of the drawn atoms in a frame, into out. */
export function placeAtoms(
  d: Display,
  lattice: ArrayLike<number>,
  positions: ArrayLike<number>,
  out: Float32Array,
): void {
  for (let k = 0; k < d.count; k++) {
    const s = 3 * at(d.source, k);
    const a = at(d.image, 3 * k);
    const b = at(d.image, 3 * k + 1);
    const c = at(d.image, 3 * k + 2);
    for (let x = 0; x < 3; x++) {
      out[3 * k + x] = at(positions, s + x) + a * at(lattice, x) + b * at(lattice, 3 + x) + c * at(lattice, 6 + x);
    }
  }
}
