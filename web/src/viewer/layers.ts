// What lies over the picture, in layers as small as can be. A canvas as large
// as the picture costs as much as to blend as the picture does to draw under
// software GL, so it is there only when it has something to show.
import { type Label, type OverlayContent, paintOverlay } from "./overlay";

const TAG = { width: 32, height: 24 }; // of a label of one or two letters, CSS pixels
const GIZMO = 92;
const MAX_TAGS = 8;

/** A small canvas that is moved about. */
class Tag {
  readonly canvas = document.createElement("canvas");
  private shown = "";
  private place = "";

  constructor(host: HTMLElement) {
    quiet(this.canvas);
    this.canvas.style.willChange = "transform";
    host.append(this.canvas);
  }

  /** Paints around the middle of the canvas unless it shows this already, and puts the middle at a place. */
  show(width: number, height: number, ratio: number, x: number, y: number, key: string, paint: Paint): void {
    const place = `translate(${snap(x - width / 2, ratio)}px,${snap(y - height / 2, ratio)}px)`;
    if (place !== this.place) this.canvas.style.transform = this.place = place;
    this.canvas.style.display = "block";
    const full = `${key}|${width}|${ratio}`;
    if (full === this.shown) return;
    this.shown = full;
    const ctx = prepare(this.canvas, width, height, ratio);
    ctx?.translate(width / 2, height / 2);
    if (ctx) paint(ctx);
  }

  hide(): void {
    this.canvas.style.display = "none";
  }
}

type Paint = (ctx: CanvasRenderingContext2D) => void;

export class Layers {
  private readonly sheet = document.createElement("canvas");
  private readonly tags: Tag[] = [];

  constructor(private readonly host: HTMLElement) {
    quiet(this.sheet);
    this.sheet.style.display = "none";
    host.append(this.sheet);
  }

  draw(c: OverlayContent, width: number, height: number, ratio: number): void {
    const small = c.labels.length <= MAX_TAGS && c.labels.every((l) => l.text.length <= 2);
    const labels = small ? c.labels : [];
    let used = 0;
    const next = () => {
      this.tags[used] ??= new Tag(this.host);
      return this.tags[used++] as Tag;
    };
    for (const l of labels) this.label(next(), c, l, ratio);
    for (const g of c.gizmos) {
      const alone = { ...c, labels: [], paths: [], gizmos: [{ ...g, x: 0, y: 0 }] };
      const key = [...c.rotation.toArray(), ...Array.from(g.lattice), c.background].join();
      next().show(GIZMO, GIZMO, ratio, g.x, g.y, key, (ctx) => paintOverlay(ctx, alone));
    }
    for (const t of this.tags.slice(used)) t.hide();
    this.rest({ ...c, labels: small ? [] : c.labels, gizmos: [] }, width, height, ratio);
  }

  private label(tag: Tag, c: OverlayContent, l: Label, ratio: number): void {
    const alone = { ...c, labels: [{ ...l, x: 0, y: 0 }], paths: [], gizmos: [] };
    const key = `${l.text}${l.color}${l.bold}${c.background}`;
    tag.show(TAG.width, TAG.height, ratio, l.x, l.y, key, (ctx) => paintOverlay(ctx, alone));
  }

  /** Measurements, and labels of many atoms. */
  private rest(c: OverlayContent, width: number, height: number, ratio: number): void {
    const any = c.labels.length + c.paths.length > 0;
    this.sheet.style.display = any ? "block" : "none";
    if (!any) return;
    const ctx = prepare(this.sheet, width, height, ratio);
    if (ctx) paintOverlay(ctx, c);
  }

  dispose(): void {
    this.sheet.remove();
    for (const t of this.tags) t.canvas.remove();
  }
}

const snap = (x: number, ratio: number): number => Math.round(x * ratio) / ratio;

function quiet(canvas: HTMLCanvasElement): void {
  canvas.style.cssText = "position:absolute;left:0;top:0;pointer-events:none";
  canvas.setAttribute("aria-hidden", "true");
}

/** The context of an emptied canvas of a size in CSS pixels, scaled to them. */
function prepare(canvas: HTMLCanvasElement, width: number, height: number, ratio: number) {
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext("2d");
  ctx?.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx?.clearRect(0, 0, width, height);
  return ctx;
}
