// Where the picture is seen from: the model turns before a still camera. Kept
// apart from the scene, so that two panes and an export share one.
import { Matrix4, OrthographicCamera, PerspectiveCamera, Quaternion, Vector3 } from "three";
import { at, cross, norm, type Vec3 } from "./cell";

export type Axis = "a" | "b" | "c";
export type Projection = "orthographic" | "perspective";

const FOV = 24;
const MIN_ZOOM = 0.05;
const MAX_ZOOM = 40;

export class View {
  readonly rotation = new Quaternion();
  /** In units of the fitted half height. */
  readonly pan = new Vector3();
  zoom = 1;
  projection: Projection = "orthographic";
  /** Half the height that fits the model, angstrom. */
  radius = 5;

  /** The start: c upwards, along the shorter of a and b, a little from the side and from above. */
  reset(lattice: ArrayLike<number>): void {
    this.pan.set(0, 0, 0);
    this.zoom = 1;
    const length = (k: number) => Math.hypot(at(lattice, k), at(lattice, k + 1), at(lattice, k + 2));
    this.lookAlong(length(0) > 1.05 * length(3) ? "b" : "a", lattice);
    this.turn(0, -0.35);
    this.turn(0.2, 0);
  }

  /** Turns the model about the screen's axes, in radians. */
  turn(aboutX: number, aboutY: number): void {
    const q = new Quaternion();
    this.rotation.premultiply(q.setFromAxisAngle(new Vector3(1, 0, 0), aboutX));
    this.rotation.premultiply(q.setFromAxisAngle(new Vector3(0, 1, 0), aboutY));
    this.rotation.normalize();
  }

  roll(angle: number): void {
    this.rotation.premultiply(new Quaternion().setFromAxisAngle(new Vector3(0, 0, 1), angle)).normalize();
  }

  /** Looks down an axis of the lattice: it points at the viewer, c (or b) upwards. */
  lookAlong(axis: Axis, lattice: ArrayLike<number>): void {
    const row = (k: number): Vec3 => [at(lattice, 3 * k), at(lattice, 3 * k + 1), at(lattice, 3 * k + 2)];
    const front = unit(row("abc".indexOf(axis)));
    const right = unit(cross(row(axis === "c" ? 1 : 2), front));
    const up = cross(front, right);
    const m = new Matrix4().makeBasis(new Vector3(...right), new Vector3(...up), new Vector3(...front));
    this.rotation.setFromRotationMatrix(m).invert();
  }

  scale(factor: number): void {
    this.zoom = Math.max(MIN_ZOOM, Math.min(MAX_ZOOM, this.zoom * factor));
  }

  copy(v: View): this {
    this.rotation.copy(v.rotation);
    this.pan.copy(v.pan);
    this.zoom = v.zoom;
    this.projection = v.projection;
    this.radius = v.radius;
    return this;
  }
}

function unit(p: Vec3): Vec3 {
  const n = norm(p) || 1;
  return [p[0] / n, p[1] / n, p[2] / n];
}

/** Sets three's cameras from a view, for a picture of some aspect ratio. */
export class Cameras {
  private readonly ortho = new OrthographicCamera();
  private readonly persp = new PerspectiveCamera(FOV);
  /** Half the visible height at the model's middle, angstrom. */
  halfHeight = 1;

  /** The depth is the radius of everything that is drawn. */
  set(view: View, aspect: number, depth: number): OrthographicCamera | PerspectiveCamera {
    // A narrow picture fits by its width.
    const h = (view.radius / view.zoom) * Math.max(1, 1 / aspect);
    this.halfHeight = h;
    const camera = view.projection === "orthographic" ? this.ortho : this.persp;
    const away = view.projection === "orthographic" ? 2 * depth + 1 : h / Math.tan((FOV * Math.PI) / 360);
    camera.position.set(-view.pan.x * h, -view.pan.y * h, away);
    camera.near = Math.max(0.01 * away, away - 1.5 * depth - 2);
    camera.far = away + 1.5 * depth + 2;
    if (camera instanceof OrthographicCamera) {
      camera.left = -h * aspect;
      camera.right = h * aspect;
      camera.top = h;
      camera.bottom = -h;
    } else {
      camera.aspect = aspect;
    }
    camera.updateProjectionMatrix();
    camera.updateMatrixWorld();
    return camera;
  }
}
