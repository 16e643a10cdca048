// One crystal in the scene: its buffers, filled from a display and a frame.
import { BufferAttribute, BufferGeometry, Group, Mesh, Scene } from "three";
import { at, toCart, type Vec3 } from "./cell";
import { type AtomColors, atomColors, type ColorScheme, type Rgb } from "./colors";
import { type Crystal, latticeOf, positionsOf, symbolOf } from "./crystal";
import { buildDisplay, type Display, type DisplayOptions, placeAtoms } from "./display";
import { drawRadius, type Style } from "./elements";
import { Spheres, Sticks } from "./gl/items";
import { BOND_RADIUS, type Materials } from "./gl/materials";
import { Merged, put3, put4 } from "./gl/merged";
import { STATE_GHOST, STATE_HOVERED, STATE_SELECTED, STATE_STUB } from "./gl/shaders";
import type { Shape } from "./motion";
import { type Counts, MAX_LABELS, type ViewerOptions } from "./options";
import { PickGrid } from "./pick";
import { type Polyhedron, polyhedra } from "./polyhedra";

export interface PaneOptions extends DisplayOptions {
  style: Style;
  colors: ColorScheme;
  property: ArrayLike<number> | null;
  cell: boolean;
}

/** An atom by what it is, whatever else is drawn. */
export interface AtomRef {
  atom: number;
  image: Vec3;
}

/** What a picture asks of a pane. */
export interface Look {
  /** Exact depth of round surfaces. */
  depth: boolean;
  perspective: boolean;
  /** Pixels per angstrom at the middle. */
  pixels: number;
  /** Of the device, in pixels. */
  largestPoint: number;
}

const POINT = 64; // pixels across, the largest atom that is drawn as a point
const THREAD = 1.6; // pixels across, the thickest bond that is drawn as a line
const NEARER = 2; // an atom in front, in perspective, at the most

const WHOLE = 4; // four line quads' quarter pixels
const LINE = { cell: 6, block: 3, edge: WHOLE };

export class Pane {
  readonly scene = new Scene();
  readonly root = new Group();
  display: Display;
  colors: AtomColors;
  /** Positions and radii of the drawn atoms, as placed last. */
  positions = new Float32Array(0);
  radii = new Float32Array(0);
  lattice: ArrayLike<number>;
  center: Vec3 = [0, 0, 0];
  /** Of a sphere around the center that holds everything. */
  radius = 1;
  /** Factor on all radii, for a crystal that appears. */
  grow = 1;
  private solids: Polyhedron[] = [];
  private grid: PickGrid | null = null;
  private largest = 0;
  private marked = false;
  private readonly atoms: Spheres;
  private readonly bonds: Sticks;
  private readonly lines: Merged;
  private readonly faces: Mesh;

  constructor(
    readonly crystal: Crystal,
    private options: PaneOptions,
    frame: number,
    private readonly materials: Materials,
    private ink: { line: Rgb; background: Rgb },
  ) {
    this.atoms = new Spheres(materials);
    this.bonds = new Sticks(materials);
    this.lines = new Merged(
      "quad",
      { aFrom: { size: 3 }, aTo: { size: 3 }, aColor: { size: 4, bytes: true } },
      materials.line,
    );
    this.faces = new Mesh(new BufferGeometry(), materials.face);
    this.faces.frustumCulled = false;
    // Atoms first: they hide most of the bonds.
    this.root.add(...this.atoms.objects, ...this.bonds.objects, this.lines.object, this.faces);
    this.scene.add(this.root);
    this.lattice = latticeOf(crystal, frame);
    this.display = buildDisplay(crystal, options, frame);
    this.colors = atomColors(crystal, options.colors, options.property);
    this.build(frame);
  }

  /** Applies options; what does not depend on them stays. */
  set(options: PaneOptions, ink: { line: Rgb; background: Rgb }, frame: number): void {
    this.options = options;
    this.ink = ink;
    this.display = buildDisplay(this.crystal, options, frame);
    this.colors = atomColors(this.crystal, options.colors, options.property);
    this.build(frame);
  }

  private build(frame: number): void {
    const d = this.display;
    this.solids = this.options.polyhedra ? polyhedra(this.crystal, d.neighbors, frame) : [];
    this.positions = new Float32Array(3 * d.count);
    this.radii = Float32Array.from({ length: d.count }, (_, k) =>
      drawRadius(symbolOf(this.crystal, at(d.source, k)), this.options.style),
    );
    this.atoms.resize(d.count);
    this.bonds.resize(this.options.style === "fill" ? 0 : d.bondCount);
    this.largest = this.radii.reduce((a, b) => Math.max(a, b), 0);
    this.place(latticeOf(this.crystal, frame), positionsOf(this.crystal, frame));
    this.measureBounds();
    this.paint(null, []);
  }

  /** Moves everything to a frame, or to a mixture of two. */
  place(lattice: ArrayLike<number>, positions: ArrayLike<number>): void {
    this.lattice = lattice;
    placeAtoms(this.display, lattice, positions, this.positions);
    this.grid = null;
    const out = this.atoms.places;
    for (let k = 0; k < this.display.count; k++) {
      out[4 * k] = at(this.positions, 3 * k);
      out[4 * k + 1] = at(this.positions, 3 * k + 1);
      out[4 * k + 2] = at(this.positions, 3 * k + 2);
      out[4 * k + 3] = at(this.radii, k) * this.grow;
    }
    this.atoms.moved();
    if (this.bonds.count > 0) this.placeBonds(lattice, positions);
    this.placeLines(lattice, positions);
    this.placeFaces(lattice, positions);
  }

  private placeBonds(l: ArrayLike<number>, positions: ArrayLike<number>): void {
    const d = this.display;
    const out = this.bonds.places;
    const reach = 0.97 * this.grow;
    const kinds = this.crystal.symbols.map((s) => drawRadius(s, this.options.style) * reach);
    for (let k = 0; k < d.bondCount; k++) {
      const f = at(d.bondFrom, k);
      const t = at(d.bondTo, k);
      const whole = d.bondWhole[k] === 1;
      const o = 8 * k;
      for (let i = 0; i < 3; i++) {
        const image =
          at(d.bondImage, 3 * k) * at(l, i) +
          at(d.bondImage, 3 * k + 1) * at(l, 3 + i) +
          at(d.bondImage, 3 * k + 2) * at(l, 6 + i);
        const p = at(this.positions, 3 * f + i);
        const q = at(positions, 3 * t + i) + image;
        out[o + i] = p;
        out[o + 4 + i] = whole ? q : (p + q) / 2;
      }
      out[o + 3] = at(this.radii, f) * reach;
      out[o + 7] = whole ? at(kinds, at(this.crystal.kinds, t)) : 0;
    }
    this.bonds.moved();
  }

  private placeLines(l: ArrayLike<number>, positions: ArrayLike<number>): void {
    const [n, m, k] = this.options.supercell;
    const block = n * m * k > 1;
    const segments: [Vec3, Vec3, Rgb, number][] = [];
    if (this.options.cell) {
      for (const [p, q] of boxEdges(l, 1, 1, 1)) segments.push([p, q, this.ink.line, LINE.cell]);
      if (block) for (const [p, q] of boxEdges(l, n, m, k)) segments.push([p, q, this.ink.line, LINE.block]);
    }
    this.eachSolid(l, positions, (s, corners, color) => {
      const dark = color.map((c) => c * 0.72) as Rgb;
      for (const [a, b] of s.edges) segments.push([corners[a] as Vec3, corners[b] as Vec3, dark, LINE.edge]);
    });
    this.lines.resize(segments.length);
    segments.forEach(([p, q, color, width], i) => {
      put3(this.lines.floats("aFrom"), i, ...p);
      put3(this.lines.floats("aTo"), i, ...q);
      put4(this.lines.bytes("aColor"), i, ...color, width);
    });
    this.lines.touch("aFrom", "aTo", "aColor");
  }

  private eachSolid(
    l: ArrayLike<number>,
    positions: ArrayLike<number>,
    visit: (s: Polyhedron, corners: Vec3[], color: Rgb) => void,
  ): void {
    if (this.solids.length === 0) return;
    const d = this.display;
    const of = new Map(this.solids.map((s) => [s.center, s]));
    for (let k = 0; k < d.block; k++) {
      const s = of.get(at(d.source, k));
      if (!s) continue;
      const corners: Vec3[] = [];
      for (let e = 0; e < s.corners.length; e += 4) {
        const j = at(s.corners, e);
        const [a, b, c] = [0, 1, 2].map((x) => at(d.image, 3 * k + x) + at(s.corners, e + 1 + x)) as Vec3;
        const t = toCart(l, a, b, c);
        corners.push([0, 1, 2].map((x) => at(positions, 3 * j + x) + (t[x] as number)) as Vec3);
      }
      const pale = k < d.real ? 0 : 0.3;
      const color = [0, 1, 2].map((x) =>
        mix(at(this.colors.bytes, 3 * s.center + x), at(this.ink.background, x), pale),
      ) as Rgb;
      visit(s, corners, color);
    }
  }

  private placeFaces(l: ArrayLike<number>, positions: ArrayLike<number>): void {
    const points: number[] = [];
    const colors: number[] = [];
    this.eachSolid(l, positions, (s, corners, color) => {
      for (const t of s.triangles) {
        points.push(...(corners[t] as Vec3));
        colors.push(...color, 130);
      }
    });
    this.faces.visible = points.length > 0;
    this.faces.geometry.dispose();
    const g = new BufferGeometry();
    g.setAttribute("aPoint", new BufferAttribute(Float32Array.from(points), 3));
    g.setAttribute("aColor", new BufferAttribute(Uint8Array.from(colors), 4, true));
    g.setDrawRange(0, points.length / 3);
    this.faces.geometry = g;
  }

  /** Writes colors and what is hovered or selected. */
  paint(hovered: number | null, selected: readonly number[]): void {
    const d = this.display;
    const bytes = this.colors.bytes;
    const out = this.atoms.tints;
    for (let k = 0; k < d.count; k++) tint(out, k, bytes, at(d.source, k), k >= d.real ? STATE_GHOST : 0);
    for (const k of selected) out[4 * k + 3] = at(out, 4 * k + 3) | STATE_SELECTED;
    if (hovered !== null) out[4 * hovered + 3] = at(out, 4 * hovered + 3) | STATE_HOVERED;
    this.marked = hovered !== null || selected.length > 0;
    this.atoms.painted();
    if (this.bonds.count > 0) this.paintBonds(bytes);
  }

  private paintBonds(bytes: Uint8Array): void {
    const d = this.display;
    const out = this.bonds.tints;
    for (let k = 0; k < d.bondCount; k++) {
      const from = at(d.source, at(d.bondFrom, k));
      const whole = d.bondWhole[k] === 1;
      const ghost = d.bondGhost[k] ? STATE_GHOST : 0;
      tint(out, 2 * k, bytes, from, ghost | (whole ? 0 : STATE_STUB));
      tint(out, 2 * k + 1, bytes, whole ? at(d.bondTo, k) : from, whole && this.outside(k) ? STATE_GHOST : ghost);
    }
    this.bonds.painted();
  }

  /** Whether a bond leads out of the block. */
  private outside(k: number): boolean {
    return [0, 1, 2].some((x) => {
      const c = at(this.display.bondImage, 3 * k + x);
      return c < 0 || c >= (this.options.supercell[x] as number);
    });
  }

  private measureBounds(): void {
    const [n, m, k] = this.options.supercell;
    this.center = toCart(this.lattice, n / 2, m / 2, k / 2);
    const [x, y, z] = this.center;
    let r = 0;
    for (let i = 0; i < this.display.count; i++) {
      const d = Math.hypot(
        at(this.positions, 3 * i) - x,
        at(this.positions, 3 * i + 1) - y,
        at(this.positions, 3 * i + 2) - z,
      );
      r = Math.max(r, d + at(this.radii, i));
    }
    if (this.options.cell)
      for (const [p] of boxEdges(this.lattice, n, m, k)) r = Math.max(r, Math.hypot(p[0] - x, p[1] - y, p[2] - z));
    this.radius = Math.max(r, 0.5);
    this.root.position.set(0, 0, 0);
  }

  /**
   * Chooses forms and materials for the next picture. Small atoms are points,
   * and while moving bonds as thin as a pixel are lines; all of them are drawn.
   */
  use({ depth, perspective, pixels, largestPoint }: Look): void {
    const across = 2 * this.largest * this.grow * pixels * (perspective ? NEARER : 1);
    const points = across <= Math.min(POINT, largestPoint) && !(depth && perspective);
    const threads = !depth && 2 * BOND_RADIUS * pixels <= THREAD;
    const variant = { depth, perspective, marks: depth || this.marked };
    this.atoms.show(points, this.materials.of(points ? "point" : "atom", variant));
    this.bonds.show(threads, this.materials.of(threads ? "thread" : "bond", { ...variant, marks: false }));
  }

  get pickGrid(): PickGrid {
    this.grid ??= new PickGrid(this.positions, this.radii);
    return this.grid;
  }

  ref(drawn: number): AtomRef {
    const d = this.display;
    return { atom: at(d.source, drawn), image: [0, 1, 2].map((x) => at(d.image, 3 * drawn + x)) as Vec3 };
  }

  /** The drawn atom of a reference, or -1. */
  find(ref: AtomRef): number {
    const d = this.display;
    for (let k = 0; k < d.count; k++) {
      if (at(d.source, k) === ref.atom && ref.image.every((v, x) => v === at(d.image, 3 * k + x))) return k;
    }
    return -1;
  }

  point(drawn: number): Vec3 {
    return [at(this.positions, 3 * drawn), at(this.positions, 3 * drawn + 1), at(this.positions, 3 * drawn + 2)];
  }

  dispose(): void {
    for (const m of [this.atoms, this.bonds, this.lines]) m.dispose();
    this.faces.geometry.dispose();
  }
}

/** Writes a color of a list and a state as four bytes. */
function tint(out: Uint8Array, k: number, colors: Uint8Array, color: number, state: number): void {
  for (let i = 0; i < 3; i++) out[4 * k + i] = at(colors, 3 * color + i);
  out[4 * k + 3] = state;
}

const mix = (a: number, b: number, t: number): number => Math.round(a + t * (b - a));

/** The twelve edges of a block of cells. */
export function boxEdges(l: ArrayLike<number>, n: number, m: number, k: number): [Vec3, Vec3][] {
  const corner = (c: number) => toCart(l, c & 1 ? n : 0, c & 2 ? m : 0, c & 4 ? k : 0);
  const out: [Vec3, Vec3][] = [];
  for (let c = 0; c < 8; c++) for (const bit of [1, 2, 4]) if (!(c & bit)) out.push([corner(c), corner(c | bit)]);
  return out;
}

/** What is drawn of how much there is. */
export function countsOf(pane: Pane | undefined, options: ViewerOptions): Counts {
  const d = pane?.display;
  const [n, m, k] = options.supercell;
  return {
    sentAtoms: pane?.crystal.n ?? 0,
    sentBonds: pane?.crystal.bonds ? pane.crystal.bonds.length / 5 : null,
    cells: n * m * k,
    atoms: d?.real ?? 0,
    images: d ? d.count - d.real : 0,
    bonds: d && options.style === "ball" ? d.bondEnds / 2 : 0,
    labelsOmitted: options.labels && (d?.count ?? 0) > MAX_LABELS,
  };
}

/** Where the atoms of the crystal are now, from the first cell's drawn ones. */
export function shapeOf(pane: Pane): Shape {
  return { lattice: pane.lattice, positions: pane.positions.slice(0, 3 * pane.crystal.n) };
}
