// One crystal in the scene: its buffers, filled from a display and a frame.
import { BufferAttribute, BufferGeometry, Group, Mesh, Scene } from "three";
import { at, dot, toCart, type Vec3 } from "./cell";
import { type AtomColors, atomColors, type ColorScheme, type Rgb } from "./colors";
import { type Crystal, latticeOf, positionsOf, symbolOf } from "./crystal";
import { buildDisplay, type Display, type DisplayOptions, placeAtoms } from "./display";
import { drawRadius, type Style } from "./elements";
import type { Materials } from "./gl/materials";
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

const SORT_FROM = 500; // atoms
const SORT_AGAIN = Math.cos(0.2);

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
  private sortedFor: Vec3 | null = null;
  private readonly atoms: Merged;
  private readonly bonds: Merged;
  private readonly lines: Merged;
  private readonly faces: Mesh;

  constructor(
    readonly crystal: Crystal,
    private options: PaneOptions,
    frame: number,
    private readonly materials: Materials,
    private ink: { line: Rgb; background: Rgb },
  ) {
    this.atoms = new Merged(
      { aCenter: { size: 4 }, aColor: { size: 4, bytes: true } },
      materials.of("atom", true, false),
    );
    this.bonds = new Merged(
      {
        aFrom: { size: 4 },
        aTo: { size: 4 },
        aColorFrom: { size: 4, bytes: true },
        aColorTo: { size: 4, bytes: true },
      },
      materials.of("bond", true, false),
    );
    this.lines = new Merged({ aFrom: { size: 3 }, aTo: { size: 3 }, aColor: { size: 4, bytes: true } }, materials.line);
    this.faces = new Mesh(new BufferGeometry(), materials.face);
    this.faces.frustumCulled = false;
    // Atoms first: they hide most of the bonds.
    this.root.add(this.atoms.mesh, this.bonds.mesh, this.lines.mesh, this.faces);
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
    this.sortedFor = null;
    this.place(latticeOf(this.crystal, frame), positionsOf(this.crystal, frame));
    this.measureBounds();
    this.paint(null, []);
  }

  /** Moves everything to a frame, or to a mixture of two. */
  place(lattice: ArrayLike<number>, positions: ArrayLike<number>): void {
    this.lattice = lattice;
    placeAtoms(this.display, lattice, positions, this.positions);
    this.grid = null;
    const out = this.atoms.floats("aCenter");
    for (let k = 0; k < this.display.count; k++) {
      put4(
        out,
        k,
        at(this.positions, 3 * k),
        at(this.positions, 3 * k + 1),
        at(this.positions, 3 * k + 2),
        at(this.radii, k) * this.grow,
      );
    }
    this.atoms.touch("aCenter");
    if (this.bonds.count > 0) this.placeBonds(lattice, positions);
    this.placeLines(lattice, positions);
    this.placeFaces(lattice, positions);
  }

  private placeBonds(l: ArrayLike<number>, positions: ArrayLike<number>): void {
    const d = this.display;
    const from = this.bonds.floats("aFrom");
    const to = this.bonds.floats("aTo");
    const q: Vec3 = [0, 0, 0];
    for (let k = 0; k < d.bondCount; k++) {
      const f = at(d.bondFrom, k);
      const t = at(d.bondTo, k);
      const [a, b, c] = [at(d.bondImage, 3 * k), at(d.bondImage, 3 * k + 1), at(d.bondImage, 3 * k + 2)];
      const [x, y, z] = [at(this.positions, 3 * f), at(this.positions, 3 * f + 1), at(this.positions, 3 * f + 2)];
      for (let i = 0; i < 3; i++) q[i] = at(positions, 3 * t + i) + a * at(l, i) + b * at(l, 3 + i) + c * at(l, 6 + i);
      const whole = d.bondWhole[k] === 1;
      put4(from, k, x, y, z, at(this.radii, f) * 0.97 * this.grow);
      if (whole)
        put4(to, k, q[0], q[1], q[2], drawRadius(symbolOf(this.crystal, t), this.options.style) * 0.97 * this.grow);
      else put4(to, k, (x + q[0]) / 2, (y + q[1]) / 2, (z + q[2]) / 2, 0);
    }
    this.bonds.touch("aFrom", "aTo");
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
    const out = this.atoms.bytes("aColor");
    for (let k = 0; k < d.count; k++) {
      const s = 3 * at(d.source, k);
      put4(out, k, at(bytes, s), at(bytes, s + 1), at(bytes, s + 2), k >= d.real ? STATE_GHOST : 0);
    }
    for (const k of selected) for (let v = 16 * k + 3; v < 16 * k + 16; v += 4) out[v] = at(out, v) | STATE_SELECTED;
    if (hovered !== null)
      for (let v = 16 * hovered + 3; v < 16 * hovered + 16; v += 4) out[v] = at(out, v) | STATE_HOVERED;
    this.atoms.touch("aColor");
    if (this.bonds.count > 0) this.paintBonds(bytes);
  }

  private paintBonds(bytes: Uint8Array): void {
    const d = this.display;
    const from = this.bonds.bytes("aColorFrom");
    const to = this.bonds.bytes("aColorTo");
    for (let k = 0; k < d.bondCount; k++) {
      const f = 3 * at(d.source, at(d.bondFrom, k));
      const t = d.bondWhole[k] ? 3 * at(d.bondTo, k) : f;
      const ghost = d.bondGhost[k] ? STATE_GHOST : 0;
      put4(from, k, at(bytes, f), at(bytes, f + 1), at(bytes, f + 2), ghost | (d.bondWhole[k] ? 0 : STATE_STUB));
      put4(
        to,
        k,
        at(bytes, t),
        at(bytes, t + 1),
        at(bytes, t + 2),
        d.bondWhole[k] && this.outside(k) ? STATE_GHOST : ghost,
      );
    }
    this.bonds.touch("aColorFrom", "aColorTo");
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

  /** Chooses the materials for the next picture. */
  use(depth: boolean, perspective: boolean): void {
    this.atoms.mesh.material = this.materials.of("atom", depth, perspective);
    this.bonds.mesh.material = this.materials.of("bond", depth, perspective);
  }

  /** Orders atoms and bonds for a view; the direction points to the viewer. A small turn keeps the order. */
  sort(direction: Vec3): void {
    if (this.display.count < SORT_FROM || (this.sortedFor && dot(this.sortedFor, direction) > SORT_AGAIN)) return;
    this.sortedFor = direction;
    const along = (p: Float32Array, k: number) =>
      at(p, k) * direction[0] + at(p, k + 1) * direction[1] + at(p, k + 2) * direction[2];
    this.atoms.sort(Float32Array.from({ length: this.atoms.count }, (_, k) => along(this.positions, 3 * k)));
    const [from, to] = [this.bonds.floats("aFrom"), this.bonds.floats("aTo")];
    this.bonds.sort(Float32Array.from({ length: this.bonds.count }, (_, k) => along(from, 16 * k) + along(to, 16 * k)));
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
