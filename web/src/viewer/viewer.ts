// The viewer: one or two crystals in an element of the page. Plain TypeScript;
// web/src/structure wraps it for React. It draws when something changed, never
// in an idle loop.

import { parseHex } from "./colors";
import { listen } from "./controls";
import { type Crystal, clampFrame, frameCount, latticeOf, positionsOf, sameAtoms } from "./crystal";
import { Emitter } from "./emitter";
import { Loop } from "./loop";
import type { Measurement } from "./measure";
import { Mix, Motions, nearest, type Shape } from "./motion";
import { type Counts, DEFAULTS, FIT, type ViewerOptions } from "./options";
import { type AtomRef, countsOf, Pane, shapeOf } from "./pane";
import { exportPicture, type PictureOptions, sceneLabels } from "./picture";
import { Playback } from "./playback";
import { Quality } from "./quality";
import { type Hit, Selection } from "./selection";
import { Stage } from "./stage";
import { type Stand, Steering } from "./steering";
import { Surface } from "./surface";

export interface ViewerEvents {
  frame: number;
  playing: boolean;
  select: { atoms: AtomRef[]; measurement: Measurement | null };
  hover: AtomRef | null;
  counts: Counts;
  context: { lost: boolean };
}

const MORPH = 180;
const FOLLOW = 400; // a little less than live frames are apart

export class Viewer {
  readonly camera: Steering;
  readonly quality = new Quality();
  /** Pictures drawn so far. */
  draws = 0;
  options: ViewerOptions;
  private panes: Pane[] = [];
  private frameIndex = 0;
  private following = false;
  private readonly selection = new Selection();
  private readonly motions = new Motions();
  private readonly mix = new Mix();
  private readonly surface: Surface;
  private readonly emitter = new Emitter<ViewerEvents>();
  private readonly cleanup: (() => void)[] = [];
  private readonly playback = new Playback();
  readonly loop: Loop;

  /** Null where WebGL 2 is missing; the caller then shows a table. */
  static create(host: HTMLElement, options: Partial<ViewerOptions> = {}): Viewer | null {
    const stage = Stage.get();
    return stage ? new Viewer(host, stage, options) : null;
  }

  private constructor(
    readonly host: HTMLElement,
    readonly stage: Stage,
    options: Partial<ViewerOptions>,
  ) {
    this.options = { ...DEFAULTS, ...options };
    this.camera = new Steering(
      this.motions,
      () => this.panes[0]?.lattice ?? null,
      () => this.options.reducedMotion,
      () => this.invalidate(true),
    );
    this.loop = new Loop(
      this.quality,
      (now) => this.step(now),
      (moving) => this.drawNow(moving),
    );
    this.surface = new Surface(host, stage, () => this.drawNow(false));
    this.cleanup.push(
      listen(stage.canvas, this.gestures()),
      stage.onContext((lost) => this.onContext(lost)),
    );
    this.drawNow(false);
  }

  dispose(): void {
    for (const f of this.cleanup) f();
    this.loop.stop();
    for (const p of this.panes) p.dispose();
    this.surface.dispose();
    this.emitter.clear();
  }

  on<K extends keyof ViewerEvents>(type: K, fn: (value: ViewerEvents[K]) => void): () => void {
    return this.emitter.on(type, fn);
  }

  // ---- content

  /** Shows one crystal, or two side by side under one camera; from where it was seen before, if that is told. */
  show(crystals: readonly Crystal[], frame = 0, before: Stand | null = null): void {
    const gone = this.panes;
    const old = gone[0];
    const keepView = old !== undefined && crystals[0] !== undefined && sameAtoms(old.crystal, crystals[0]);
    this.pause();
    this.frameIndex = clampFrame(crystals[0], frame);
    this.panes = crystals.map((c) => new Pane(c, this.options, clampFrame(c, frame), this.stage.materials, this.ink()));
    this.selection.clear();
    const [first] = this.panes;
    if (first && !keepView) this.camera.begin(first.crystal, first.lattice, before);
    this.fit();
    this.emitSelection();
    this.emitter.emit("counts", this.counts());
    if (first)
      this.appear(
        first,
        keepView && old ? { lattice: Float64Array.from(old.lattice), positions: shapeOf(old).positions } : null,
      );
    for (const p of gone) p.dispose();
    this.invalidate(true);
  }

  /** A related structure flows out of the one before, another grows. */
  private appear(pane: Pane, from: Shape | null): void {
    const to = this.shape(pane, this.frameIndex);
    const duration = this.duration(MORPH);
    const start = from ? nearest(from, to) : null;
    this.motions.run("shape", duration, (t) => {
      if (start) pane.place(...both(this.mix.at(start, to, t)));
      else {
        pane.grow = 0.3 + 0.7 * t;
        pane.place(to.lattice, to.positions);
      }
    });
    if (duration > 0) this.motions.tick(performance.now());
  }

  private shape(pane: Pane, frame: number): Shape {
    const f = clampFrame(pane.crystal, frame);
    return { lattice: latticeOf(pane.crystal, f), positions: positionsOf(pane.crystal, f) };
  }

  get crystal(): Crystal | null {
    return this.panes[0]?.crystal ?? null;
  }

  get stand(): Stand | null {
    return this.crystal && this.camera.stand(this.crystal);
  }

  set(change: Partial<ViewerOptions>): void {
    const old = this.options;
    this.options = { ...old, ...change };
    const rebuild = (
      ["supercell", "images", "bonds", "polyhedra", "style", "colors", "property", "cell", "theme"] as const
    ).some((k) => old[k] !== this.options[k]);
    this.camera.view.projection = this.options.projection;
    if (rebuild) {
      this.motions.stop("shape");
      this.selection.across(this.panes, () => {
        for (const p of this.panes) {
          p.grow = 1;
          p.set(this.options, this.ink(), clampFrame(p.crystal, this.frameIndex));
        }
      });
      this.fit();
      this.selection.paint(this.panes);
    }
    this.emitter.emit("counts", this.counts());
    this.invalidate(false);
  }

  counts(): Counts {
    return countsOf(this.panes[0], this.options);
  }

  private ink() {
    return { line: parseHex(this.options.theme.line), background: parseHex(this.options.theme.background) };
  }

  // ---- frames

  get frame(): number {
    return this.frameIndex;
  }

  get frames(): number {
    return Math.max(1, ...this.panes.map((p) => frameCount(p.crystal)));
  }

  setFrame(frame: number, animate = true): void {
    const to = Math.max(0, Math.min(this.frames - 1, Math.round(frame)));
    if (to === this.frameIndex) return;
    this.frameIndex = to;
    this.playback.seek(to);
    this.panes.forEach((pane, k) => {
      this.flow(pane, k === 0 ? "shape" : `shape${k}`, this.shape(pane, to), animate ? MORPH / 1.5 : 0);
    });
    this.emitter.emit("frame", to);
    this.invalidate(true);
  }

  /** Moves the atoms to where a running relaxation has them; null brings the frame back. */
  follow(live: Crystal | null): void {
    const pane = this.panes[0];
    if (!pane || (live ? !sameAtoms(live, pane.crystal) : !this.following)) return;
    this.following = live !== null;
    this.pause();
    const end = live
      ? { lattice: latticeOf(live, 0), positions: positionsOf(live, 0) }
      : this.shape(pane, this.frameIndex);
    this.flow(pane, "shape", end, FOLLOW);
    this.invalidate(true);
  }

  private flow(pane: Pane, name: string, end: Shape, ms: number): void {
    const { lattice, positions } = shapeOf(pane);
    const start = { lattice: Float64Array.from(lattice), positions: Float64Array.from(positions) };
    this.motions.run(name, this.duration(ms), (t) => {
      pane.grow = 1;
      pane.place(...both(this.mix.at(start, end, t)));
    });
  }

  play(): void {
    if (this.frames < 2 || this.playback.playing) return;
    const from = this.frameIndex >= this.frames - 1 ? 0 : this.frameIndex;
    this.motions.stop("shape");
    this.playback.start(from);
    this.emitter.emit("playing", true);
    this.invalidate(true);
  }

  pause(): void {
    if (!this.playback.playing) return;
    this.playback.stop();
    this.emitter.emit("playing", false);
  }

  get playing(): boolean {
    return this.playback.playing;
  }

  private advance(now: number): void {
    const at = this.playback.advance(now, this.frames);
    if (!at) return;
    const part = this.options.reducedMotion ? 0 : at.part;
    for (const pane of this.panes) {
      pane.place(...both(this.mix.at(this.shape(pane, at.frame), this.shape(pane, at.frame + 1), part)));
    }
    if (at.frame !== this.frameIndex) {
      this.frameIndex = at.frame;
      this.emitter.emit("frame", at.frame);
    }
    if (at.ended) this.pause();
  }

  private fit(): void {
    const r = Math.max(0.5, ...this.panes.map((p) => p.radius));
    this.camera.view.radius = FIT * r;
    this.camera.view.projection = this.options.projection;
  }

  private duration(ms: number): number {
    return this.options.reducedMotion ? 0 : ms;
  }

  // ---- picking

  private gestures() {
    return {
      turn: (dx: number, dy: number) => {
        const s = 3.4 / Math.max(200, Math.min(this.surface.width, this.surface.height));
        this.camera.drag(dy * s, dx * s);
      },
      roll: (angle: number) => this.camera.drag(0, 0, angle),
      pan: (dx: number, dy: number) =>
        this.camera.panBy((2 * dx) / this.surface.height, (-2 * dy) / this.surface.height),
      zoom: (f: number) => this.camera.zoomBy(f),
      hover: (x: number, y: number) => this.setHovered(this.pickAt(x, y)),
      leave: () => this.setHovered(null),
      click: (x: number, y: number, add: boolean) => {
        this.selection.click(this.pickAt(x, y), add);
        this.changedSelection();
      },
      doubleClick: () => this.camera.reset(),
    };
  }

  /** The drawn atom at a place in the element, in CSS pixels. */
  pickAt(x: number, y: number): Hit | null {
    const w = this.surface.width / Math.max(1, this.panes.length);
    const k = Math.min(this.panes.length - 1, Math.floor(x / w));
    const pane = this.panes[k];
    if (!pane) return null;
    const ray = this.stage.ray(x - k * w, y, pane, this.camera.view, w, this.surface.height);
    const drawn = pane.pickGrid.pick(ray);
    return drawn >= 0 ? { pane: k, drawn } : null;
  }

  private setHovered(hit: Hit | null): void {
    if (!this.selection.hover(hit)) return;
    this.stage.canvas.style.cursor = hit ? "pointer" : "grab";
    this.emitter.emit("hover", hit ? (this.panes[hit.pane]?.ref(hit.drawn) ?? null) : null);
    this.selection.paint(this.panes);
    this.invalidate(false);
  }

  /** Selects atoms in order; up to four are measured. */
  select(refs: readonly AtomRef[]): void {
    this.selection.choose(refs, this.panes[0]);
    this.changedSelection();
  }

  private changedSelection(): void {
    this.selection.paint(this.panes);
    this.emitSelection();
    this.invalidate(false);
  }

  private emitSelection(): void {
    this.emitter.emit("select", { atoms: this.selection.refs(this.panes), measurement: this.measurement() });
  }

  /** Of the selected atoms, by minimum image. */
  measurement(): Measurement | null {
    return this.selection.measurement(this.panes);
  }

  // ---- drawing

  private onContext(lost: boolean): void {
    this.emitter.emit("context", { lost });
    if (!lost) this.invalidate(false);
  }

  /** Asks for a picture: quick while moving, fine at rest. */
  invalidate(moving: boolean): void {
    this.loop.invalidate(moving);
  }

  private step(now: number): boolean {
    this.motions.tick(now);
    this.advance(now);
    return this.motions.active || this.playback.playing;
  }

  /** Draws at once: as while moving, or as at rest. */
  drawNow(moving: boolean): void {
    const { surface } = this;
    if (!surface.holds) return;
    const dpr = surface.devicePixels;
    const atoms = this.panes.reduce((s, p) => s + p.display.count, 0);
    const ratio = moving
      ? this.quality.moving(dpr)
      : this.quality.rest(dpr, this.surface.width, this.surface.height, atoms);
    const { theme } = this.options;
    this.stage.draw({
      panes: this.panes,
      view: this.camera.view,
      ...surface.pixels(ratio),
      scale: ratio,
      depth: !moving,
      background: theme.background,
      accent: theme.accent,
      transparent: false,
    });
    this.draws++;
    surface.drawOverlay(this.labels(surface.width, surface.height));
  }

  private labels(width: number, height: number) {
    return sceneLabels({
      panes: this.panes,
      view: this.camera.view,
      stage: this.stage,
      width,
      height,
      options: this.options,
      measurement: this.measurement(),
      measuredPane: this.selection.hits[0]?.pane ?? 0,
    });
  }

  /** The picture as a PNG, scale times the size on the page. */
  png(o: PictureOptions): Promise<Blob> {
    const width = o.width ?? this.surface.width;
    const height = o.height ?? this.surface.height;
    return exportPicture(
      this.stage,
      this.panes,
      this.camera.view,
      this.options,
      { ...o, width, height },
      this.labels(width, height),
    );
  }
}

const both = (s: Shape): [ArrayLike<number>, ArrayLike<number>] => [s.lattice, s.positions];
