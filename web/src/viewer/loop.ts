// When a picture is drawn: on request only. A quick one while things move, a
// fine one a moment after they stopped, none when nothing changed.
import type { Quality } from "./quality";

const REST_AFTER = 120; // ms

export class Loop {
  private request = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private moving = false;
  private stopped = false;

  /** Step advances what is under way and says whether more is to come. */
  constructor(
    private readonly quality: Quality,
    private readonly step: (now: number) => boolean,
    private readonly draw: (moving: boolean) => void,
  ) {}

  invalidate(moving: boolean): void {
    if (this.stopped) return;
    this.moving ||= moving;
    this.request ||= requestAnimationFrame((now) => this.tick(now));
  }

  /** No picture is asked for or to come. */
  get resting(): boolean {
    return this.request === 0 && this.timer === undefined;
  }

  private tick(now: number): void {
    this.request = 0;
    const busy = this.step(now);
    const moving = this.moving || busy;
    this.moving = false;
    if (moving) this.quality.frame(now);
    this.draw(moving);
    if (busy) this.invalidate(true);
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!moving) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.quality.pause();
      this.invalidate(false);
    }, REST_AFTER);
  }

  stop(): void {
    this.stopped = true;
    cancelAnimationFrame(this.request);
    clearTimeout(this.timer);
  }
}
