// The element a viewer draws in: the page's WebGL canvas, and over it a 2D one
// for labels.
import { type OverlayContent, paintOverlay } from "./overlay";
import type { Stage } from "./stage";

export class Surface {
  width = 1;
  height = 1;
  private readonly overlay = document.createElement("canvas");
  private readonly observer: ResizeObserver;

  constructor(
    readonly host: HTMLElement,
    readonly stage: Stage,
    resized: () => void,
  ) {
    const { canvas } = stage;
    for (const c of [canvas, this.overlay]) {
      c.style.cssText = "position:absolute;inset:0;width:100%;height:100%;display:block";
    }
    this.overlay.style.pointerEvents = "none";
    this.overlay.setAttribute("aria-hidden", "true");
    canvas.style.touchAction = "none";
    host.append(canvas, this.overlay);
    this.observer = new ResizeObserver(() => {
      if (this.measure()) resized();
    });
    this.observer.observe(host);
    this.measure();
  }

  private measure(): boolean {
    const { clientWidth: w, clientHeight: h } = this.host;
    if (w < 1 || h < 1) return false;
    this.width = w;
    this.height = h;
    return true;
  }

  /** Whether the page's one canvas is here, and not with a newer viewer. */
  get holds(): boolean {
    return this.stage.canvas.parentElement === this.host;
  }

  get devicePixels(): number {
    return window.devicePixelRatio || 1;
  }

  pixels(ratio: number): { width: number; height: number } {
    return { width: Math.max(1, Math.round(this.width * ratio)), height: Math.max(1, Math.round(this.height * ratio)) };
  }

  drawOverlay(content: OverlayContent): void {
    const { width, height } = this.pixels(this.devicePixels);
    if (this.overlay.width !== width || this.overlay.height !== height) {
      this.overlay.width = width;
      this.overlay.height = height;
    }
    const ctx = this.overlay.getContext("2d");
    if (!ctx) return;
    ctx.setTransform(this.devicePixels, 0, 0, this.devicePixels, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    paintOverlay(ctx, content);
  }

  dispose(): void {
    this.observer.disconnect();
    if (this.holds) this.stage.canvas.remove();
    this.overlay.remove();
  }
}
