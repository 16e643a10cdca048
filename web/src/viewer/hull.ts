// The convex hull of a few points (a coordination shell). Every triple is tried:
// with at most a dozen points that is fast, and flat faces need no special case.
import { cross, dot, norm, sub, type Vec3 } from "./cell";

export interface Hull {
  /** Faces as rings of point indices, seen from outside counterclockwise. */
  faces: number[][];
  /** Edges as pairs of point indices, each once. */
  edges: [number, number][];
}

const MAX_POINTS = 24;

/** Null when the points span no area, or are too many to be a shell. */
export function convexHull(points: Vec3[]): Hull | null {
  const n = points.length;
  if (n < 3 || n > MAX_POINTS) return null;
  const size = Math.max(...points.map((p) => norm(sub(p, points[0] as Vec3))));
  const flat = 5e-3 * size;
  const faces = new Map<string, number[]>();
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++)
      for (let k = j + 1; k < n; k++) {
        const face = faceThrough(points, i, j, k, flat);
        if (face) faces.set([...face].sort((a, b) => a - b).join(), face);
      }
  const rings = [...faces.values()];
  if (rings.length === 0) return null;
  return { faces: withoutInner(rings), edges: edgesOf(rings) };
}

/** All points in the plane of three, as a ring, if no point is outside of it. */
function faceThrough(points: Vec3[], i: number, j: number, k: number, flat: number): number[] | null {
  const [p, q, r] = [points[i], points[j], points[k]] as [Vec3, Vec3, Vec3];
  const normal = cross(sub(q, p), sub(r, p));
  const length = norm(normal);
  if (length < flat * flat) return null;
  let outward: Vec3 = [normal[0] / length, normal[1] / length, normal[2] / length];
  const heights = points.map((x) => dot(sub(x, p), outward));
  const above = heights.some((h) => h > flat);
  const below = heights.some((h) => h < -flat);
  if (above && below) return null;
  if (above) outward = [-outward[0], -outward[1], -outward[2]];
  return ring(
    points,
    heights.flatMap((h, x) => (Math.abs(h) <= flat ? [x] : [])),
    outward,
  );
}

/** Orders coplanar points around their middle and drops those inside. */
function ring(points: Vec3[], members: number[], outward: Vec3): number[] {
  const mid: Vec3 = [0, 1, 2].map(
    (x) => members.reduce((s, m) => s + ((points[m] as Vec3)[x] as number), 0) / members.length,
  ) as Vec3;
  const arms = members.map((m) => sub(points[m] as Vec3, mid));
  const longest = arms.reduce((a, b) => (norm(b) > norm(a) ? b : a));
  const u: Vec3 = longest;
  const v = cross(outward, u);
  const order = members
    .map((m, x) => ({ m, x, angle: Math.atan2(dot(arms[x] as Vec3, v), dot(arms[x] as Vec3, u)) }))
    .filter(({ x }) => norm(arms[x] as Vec3) > 1e-6)
    .sort((a, b) => a.angle - b.angle);
  // A vertex that does not turn left lies inside the polygon or on its side.
  for (let changed = true; changed && order.length > 3; ) {
    changed = false;
    for (let x = 0; x < order.length; x++) {
      const before = points[(order[(x + order.length - 1) % order.length] as { m: number }).m] as Vec3;
      const here = points[(order[x] as { m: number }).m] as Vec3;
      const after = points[(order[(x + 1) % order.length] as { m: number }).m] as Vec3;
      if (dot(cross(sub(here, before), sub(after, here)), outward) <= 1e-9) {
        order.splice(x, 1);
        changed = true;
        break;
      }
    }
  }
  return order.map(({ m }) => m);
}

/** A nearly flat face may be found in parts; a part inside a larger face goes. */
function withoutInner(rings: number[][]): number[][] {
  return rings.filter((r) => !rings.some((s) => s.length > r.length && r.every((m) => s.includes(m))));
}

function edgesOf(rings: number[][]): [number, number][] {
  const seen = new Map<string, [number, number]>();
  for (const r of withoutInner(rings)) {
    r.forEach((p, x) => {
      const q = r[(x + 1) % r.length] as number;
      seen.set(p < q ? `${p},${q}` : `${q},${p}`, p < q ? [p, q] : [q, p]);
    });
  }
  return [...seen.values()];
}
