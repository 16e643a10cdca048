// The element a viewer draws in: the page's WebGL canvas, and over it layers for
// labels.
import { Layers } from "./layers";
import type { OverlayContent } from "./overlay";
import type { Stage } from "./stage";

export class Surface {
  width = 1;
  height = 1;
  private readonly layers: Layers;
  private readonly observer: ResizeObserver;

  constructor(
    readonly host: HTMLElement,
    readonly stage: Stage,
    resized: () => void,
  ) {
    const { canvas } = stage;
    canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;display:block";
    canvas.style.touchAction = "none";
    host.append(canvas);
    this.layers = new Layers(host);
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
    this.layers.draw(content, this.width, this.height, this.devicePixels);
  }

  dispose(): void {
    this.observer.disconnect();
    if (this.holds) this.stage.canvas.remove();
    this.layers.dispose();
  }
}
