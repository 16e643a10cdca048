// Moves of the camera: at once under the hand, gliding when asked by a button.
import { type Axis, View } from "./camera";
import { type Crystal, sameAtoms } from "./crystal";
import { type Motions, turnBetween } from "./motion";

const GLIDE = 180; // ms

/** Where a crystal was seen from. */
export interface Stand {
  crystal: Crystal;
  view: View;
}

export class Steering {
  readonly view = new View();

  constructor(
    private readonly motions: Motions,
    private readonly lattice: () => ArrayLike<number> | null,
    private readonly still: () => boolean,
    private readonly moved: () => void,
  ) {}

  /** Begins with a crystal: from where it was seen before, if it was. */
  begin(crystal: Crystal, lattice: ArrayLike<number>, before: Stand | null): void {
    if (before && sameAtoms(before.crystal, crystal)) this.view.copy(before.view);
    else this.view.reset(lattice);
  }

  stand(crystal: Crystal): Stand {
    return { crystal, view: new View().copy(this.view) };
  }

  reset(): void {
    const l = this.lattice();
    if (l) this.glide((v) => v.reset(l));
  }

  lookAlong(axis: Axis): void {
    const l = this.lattice();
    if (l) this.glide((v) => v.lookAlong(axis, l));
  }

  /** Turns about an axis of the screen, in degrees. */
  rotate(axis: "x" | "y" | "z", degrees: number): void {
    const a = (degrees * Math.PI) / 180;
    this.glide((v) => (axis === "z" ? v.roll(a) : v.turn(axis === "x" ? a : 0, axis === "y" ? a : 0)));
  }

  /** Turns under the hand, in radians. */
  drag(aboutX: number, aboutY: number, roll = 0): void {
    this.motions.stop("camera");
    this.view.turn(aboutX, aboutY);
    if (roll !== 0) this.view.roll(roll);
    this.moved();
  }

  zoomBy(factor: number): void {
    this.view.scale(factor);
    this.moved();
  }

  /** In half heights of the picture. */
  panBy(x: number, y: number): void {
    this.view.pan.x += x;
    this.view.pan.y += y;
    this.moved();
  }

  private glide(change: (v: View) => void): void {
    const from = new View().copy(this.view);
    const to = new View().copy(this.view);
    change(to);
    this.motions.run("camera", this.still() ? 0 : GLIDE, (t) => {
      turnBetween(from.rotation, to.rotation, t, this.view.rotation);
      this.view.pan.lerpVectors(from.pan, to.pan, t);
      this.view.zoom = from.zoom + t * (to.zoom - from.zoom);
    });
    this.moved();
  }
}
