// Changes that take a moment: a frame into the next, a structure into its
// relaxed form, the camera to an axis. Pure, so that they can be tested.
import { Quaternion } from "three";
import { at, inverse, toCart } from "./cell";

export interface Shape {
  lattice: ArrayLike<number>;
  positions: ArrayLike<number>;
}

export const ease = (t: number): number => (t <= 0 ? 0 : t >= 1 ? 1 : t * t * (3 - 2 * t));

/** A shape between two, into buffers that are reused. */
export class Mix {
  private readonly lattice = new Float64Array(9);
  private positions = new Float64Array(0);

  at(from: Shape, to: Shape, t: number): Shape {
    if (t >= 1) return to;
    const n = to.positions.length;
    if (this.positions.length !== n) this.positions = new Float64Array(n);
    for (let k = 0; k < 9; k++) this.lattice[k] = at(from.lattice, k) + t * (at(to.lattice, k) - at(from.lattice, k));
    for (let k = 0; k < n; k++)
      this.positions[k] = at(from.positions, k) + t * (at(to.positions, k) - at(from.positions, k));
    return { lattice: this.lattice, positions: this.positions };
  }
}

/**
 * The old shape with every atom in the image nearest to where it is in the new
 * one, so that a change of wrapping sends no atom across the cell.
 */
export function nearest(old: Shape, now: Shape): Shape {
  const [io, jn] = [inverse(old.lattice), inverse(now.lattice)];
  if (!io || !jn) return old;
  const positions = Float64Array.from(old.positions);
  for (let k = 0; k < positions.length; k += 3) {
    const f = toCart(io, at(old.positions, k), at(old.positions, k + 1), at(old.positions, k + 2));
    const g = toCart(jn, at(now.positions, k), at(now.positions, k + 1), at(now.positions, k + 2));
    const p = toCart(old.lattice, ...(f.map((x, i) => x - Math.round(x - at(g, i))) as [number, number, number]));
    positions.set(p, k);
  }
  return { lattice: old.lattice, positions };
}

interface Tween {
  start: number;
  duration: number;
  apply: (t: number) => void;
}

/** The changes under way, by name; a new one of a name replaces the old. */
export class Motions {
  private readonly tweens = new Map<string, Tween>();

  get active(): boolean {
    return this.tweens.size > 0;
  }

  /** Runs a change from the next tick on; at once when the duration is 0. */
  run(name: string, duration: number, apply: (t: number) => void): void {
    this.tweens.delete(name);
    if (duration <= 0) apply(1);
    else this.tweens.set(name, { start: Number.NaN, duration, apply });
  }

  stop(name: string): void {
    this.tweens.delete(name);
  }

  tick(now: number): void {
    for (const [name, tween] of [...this.tweens]) {
      if (Number.isNaN(tween.start)) tween.start = now;
      const t = (now - tween.start) / tween.duration;
      if (t >= 1) this.tweens.delete(name);
      tween.apply(ease(t));
    }
  }
}

export function turnBetween(from: Quaternion, to: Quaternion, t: number, out: Quaternion): void {
  out.copy(new Quaternion().slerpQuaternions(from, to, t));
}
