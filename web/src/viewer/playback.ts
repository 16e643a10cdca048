// The position of a trajectory that plays, between its frames.

const FPS = 12;
const LONGEST_GAP = 250; // ms; a tab that slept does not jump ahead

export class Playback {
  private position: number | null = null;
  private last = Number.NaN;

  get playing(): boolean {
    return this.position !== null;
  }

  start(frame: number): void {
    this.position = frame;
    this.last = Number.NaN;
  }

  /** A jump while playing goes on from there. */
  seek(frame: number): void {
    if (this.position !== null) this.position = frame;
  }

  stop(): void {
    this.position = null;
  }

  /** Where it is now: a frame, how far into the next, and whether it ended. */
  advance(now: number, frames: number): { frame: number; part: number; ended: boolean } | null {
    if (this.position === null) return null;
    if (!Number.isNaN(this.last)) this.position += (Math.min(now - this.last, LONGEST_GAP) / 1000) * FPS;
    this.last = now;
    const end = frames - 1;
    const p = Math.min(this.position, end);
    const frame = Math.floor(p);
    return { frame, part: p - frame, ended: this.position >= end };
  }
}
