// How fine the picture is: coarser while things move and frames are late, finest
// at rest.

const LEVELS = [1, 0.75, 0.5];
const LATE = 50; // ms between frames
const EARLY = 24;
const PATIENCE = 12; // early frames before a finer try
const REST_PIXELS = 12e6;
const REST_ATOMS = 20_000;

export class Quality {
  private level = 0;
  private early = 0;
  private last = Number.NaN;
  adaptive = true;

  /** Notes a moving frame; gaps are not frames. */
  frame(now: number): void {
    const gap = now - this.last;
    this.last = now;
    if (!this.adaptive || Number.isNaN(gap) || gap > 1500) return;
    if (gap > LATE) {
      this.early = 0;
      if (this.level < LEVELS.length - 1) this.level++;
    } else if (gap < EARLY && ++this.early > PATIENCE) {
      this.early = 0;
      if (this.level > 0) this.level--;
    }
  }

  pause(): void {
    this.last = Number.NaN;
    this.early = 0;
  }

  /** Pixels drawn per CSS pixel while moving. */
  moving(devicePixels: number): number {
    return devicePixels * (this.adaptive ? (LEVELS[this.level] as number) : 1);
  }

  /** At rest: twice the device's, scaled down by the browser, unless that is too much. */
  rest(devicePixels: number, width: number, height: number, atoms: number): number {
    const fine = 2 * devicePixels;
    return atoms > REST_ATOMS || width * height * fine * fine > REST_PIXELS ? devicePixels : fine;
  }
}
