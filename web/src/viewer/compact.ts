// Reads the compact form (docs/compact.md). Written by the server, which has the
// same checks; both read internal/structure/compact/testdata/fixtures.json.

/** Damaged or foreign input, with the place. */
export class CompactError extends Error {
  override name = "CompactError";
}

/** What the form carries. Positions are Cartesian, three numbers an atom. */
export interface CompactData {
  symbols: string[];
  /** For each atom an index into symbols. */
  kinds: Uint16Array;
  /** One or one a frame; rows of the matrix, angstrom. */
  lattices: Float64Array[];
  positions: Float64Array[];
  /** i, j, da, db, dc of each bond; null when unknown. */
  bonds: Int32Array | null;
  steps: number[] | null;
  energies: Float64Array | null;
  fmax: Float64Array | null;
}

const MAX_ATOMS = 2 ** 20;
const MAX_FRAMES = 2 ** 20;
const MAX_BONDS = 2 ** 22;
const MAX_SYMBOL = 8;
const MAX_QUANTA = 2 ** 50;
const MAX_IMAGE = 2 ** 20;
const BONDS = 1;
const STEPS = 2;
const ENERGIES = 4;
const FMAX = 8;
const VARYING = 16;

class Reader {
  at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  fail(why: string): never {
    throw new CompactError(`compact form: ${why}`);
  }

  byte(): number {
    const b = this.bytes[this.at];
    if (b === undefined) this.fail(`it ends early, at byte ${this.at}`);
    this.at++;
    return b;
  }

  /** LEB128 in its shortest spelling, below 2^53. */
  unsigned(): number {
    let b = this.byte();
    if (b < 0x80) return b;
    const start = this.at - 1;
    let x = b & 0x7f;
    let scale = 128;
    for (let n = 1; n < 8; n++) {
      b = this.byte();
      x += (b & 0x7f) * scale;
      if (b < 0x80) {
        if (b === 0 || x > Number.MAX_SAFE_INTEGER) break;
        return x;
      }
      scale *= 128;
    }
    return this.fail(`a number at byte ${start} is malformed`);
  }

  signed(): number {
    const u = this.unsigned();
    return u % 2 === 0 ? u / 2 : -(u + 1) / 2;
  }

  /** A length whose items take at least size bytes each. */
  count(what: string, most: number, size: number): number {
    const n = this.unsigned();
    if (n > most || n * size > this.left) this.fail(`${n} ${what} do not fit into ${this.left} bytes`);
    return n;
  }

  float(): number {
    if (this.left < 8) this.fail(`it ends early, at byte ${this.bytes.length}`);
    const x = this.view.getFloat64(this.at, true);
    if (!Number.isFinite(x)) this.fail(`the number at byte ${this.at} is not finite`);
    this.at += 8;
    return x;
  }

  /** The next difference added to a coordinate. */
  quanta(last: number): number {
    const q = last + this.signed();
    if (q < -MAX_QUANTA || q > MAX_QUANTA) this.fail(`a coordinate at byte ${this.at} is out of bounds`);
    return q;
  }
}

/** Decodes, or throws a CompactError that says where the input is wrong. */
export function decodeCompact(input: ArrayBuffer | Uint8Array): CompactData {
  const r = new Reader(input instanceof Uint8Array ? input : new Uint8Array(input));
  if (r.byte() !== 0x43 || r.byte() !== 0x4c || r.byte() !== 0x43) r.fail("it does not begin with CLC");
  const version = r.byte();
  if (version !== 1) r.fail(`its version is ${version}, this reads 1`);
  const flags = r.byte();
  if (flags > 31) r.fail(`it has unknown flags ${flags}`);
  const atoms = r.count("atoms", MAX_ATOMS, 3);
  const frames = r.count("frames", MAX_FRAMES, 3);
  if (atoms < 1 || frames < 1 || frames > r.left / (3 * atoms)) {
    r.fail(`${frames} frames of ${atoms} atoms do not fit into ${r.left} bytes`);
  }
  const { symbols, kinds } = readSpecies(r, atoms);
  const lattices = readLattices(r, flags & VARYING ? frames : 1);
  const positions = readPositions(r, frames, atoms);
  const bonds = flags & BONDS ? readBonds(r, atoms) : null;
  const steps = flags & STEPS ? readSteps(r, frames) : null;
  const energies = flags & ENERGIES ? readFloats(r, frames) : null;
  const fmax = flags & FMAX ? readFloats(r, frames) : null;
  if (r.left > 0) r.fail(`${r.left} bytes follow its end`);
  return { symbols, kinds, lattices, positions, bonds, steps, energies, fmax };
}

function readSpecies(r: Reader, atoms: number): { symbols: string[]; kinds: Uint16Array } {
  const count = r.count("symbols", Math.min(atoms, 0xffff), 2);
  const symbols: string[] = [];
  for (let k = 0; k < count; k++) {
    const length = r.count("letters", MAX_SYMBOL, 1);
    let s = "";
    for (let i = 0; i < length; i++) {
      const c = r.byte();
      if (c <= 32 || c > 126) r.fail(`the symbol at byte ${r.at} is not printable`);
      s += String.fromCharCode(c);
    }
    if (s === "") r.fail(`the symbol at byte ${r.at} is empty`);
    symbols.push(s);
  }
  const kinds = new Uint16Array(atoms);
  for (let at = 0; at < atoms; ) {
    const kind = r.unsigned();
    const run = r.unsigned();
    if (kind >= count || run < 1 || run > atoms - at)
      r.fail(`the run (${kind}, ${run}) of symbols at byte ${r.at} is out of bounds`);
    kinds.fill(kind, at, at + run);
    at += run;
  }
  return { symbols, kinds };
}

function readLattices(r: Reader, n: number): Float64Array[] {
  const q = new Float64Array(9);
  return Array.from({ length: n }, () => {
    for (let k = 0; k < 9; k++) q[k] = r.quanta(q[k] as number);
    return q.map((x) => x * 1e-6);
  });
}

function readPositions(r: Reader, frames: number, atoms: number): Float64Array[] {
  const last = new Float64Array(3 * atoms);
  const out: Float64Array[] = [];
  for (let f = 0; f < frames; f++) {
    const frame = new Float64Array(3 * atoms);
    for (let axis = 0; axis < 3; axis++) {
      let before = 0;
      for (let k = axis; k < frame.length; k += 3) {
        before = r.quanta(f === 0 ? before : (last[k] as number));
        last[k] = before;
        frame[k] = before * 1e-3;
      }
    }
    out.push(frame);
  }
  return out;
}

function readBonds(r: Reader, atoms: number): Int32Array {
  const count = r.count("bonds", MAX_BONDS, 5);
  const out = new Int32Array(5 * count);
  let last = 0;
  for (let k = 0; k < count; k++) {
    const i = last + r.signed();
    const j = i + r.signed();
    if (i < 0 || i >= atoms || j < 0 || j >= atoms) r.fail(`bond ${k} joins atoms ${i} and ${j} of ${atoms}`);
    out[5 * k] = i;
    out[5 * k + 1] = j;
    for (let axis = 0; axis < 3; axis++) {
      const d = r.signed();
      if (Math.abs(d) > MAX_IMAGE) r.fail(`bond ${k} leads to the cell ${d}`);
      out[5 * k + 2 + axis] = d;
    }
    last = i;
  }
  return out;
}

function readSteps(r: Reader, frames: number): number[] {
  let last = 0;
  return Array.from({ length: frames }, () => {
    last = r.quanta(last);
    return last;
  });
}

function readFloats(r: Reader, n: number): Float64Array {
  return Float64Array.from({ length: n }, () => r.float());
}
