// How fine the picture is: coarser while things move and frames are late, finest
// at rest.

const LEVELS = [1, 0.75, 0.5];
const LATE = 34; // ms between frames: below thirty a second
const EARLY = 20;
const PATIENCE = 12; // early frames before a finer try
const MOST_PATIENCE = 400;
const REST_PIXELS = 12e6;
const REST_ATOMS = 20_000;

export class Quality {
  private level = 0;
  private early = 0;
  /** Grows with every finer try that was too slow, so that the picture does not flicker. */
  private patience = PATIENCE;
  private tried = false;
  private last = Number.NaN;
  adaptive = true;

  /** Notes a moving frame; gaps are not frames. */
  frame(now: number): void {
    const gap = now - this.last;
    this.last = now;
    if (!this.adaptive || Number.isNaN(gap) || gap > 1500) return;
    if (gap > LATE) this.coarser();
    else if (gap >= EARLY) this.early = 0;
    else if (++this.early > this.patience) this.finer();
  }

  private coarser(): void {
    this.early = 0;
    if (this.tried) this.patience = Math.min(MOST_PATIENCE, 2 * this.patience);
    this.tried = false;
    if (this.level < LEVELS.length - 1) this.level++;
  }

  private finer(): void {
    this.early = 0;
    this.tried = this.level > 0;
    if (this.level > 0) this.level--;
  }

  pause(): void {
    this.last = Number.NaN;
    this.early = 0;
    this.tried = false;
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
