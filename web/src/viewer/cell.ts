// Lattice arithmetic. A lattice is nine numbers, the rows a, b, c in angstrom;
// a point is three. Nothing here allocates in a loop that a caller runs often.

export type Vec3 = [number, number, number];

/** Reads a typed array where the caller knows the index is inside. */
export const at = (a: ArrayLike<number>, i: number): number => a[i] as number;

export function toCart(l: ArrayLike<number>, u: number, v: number, w: number): Vec3 {
  return [
    u * at(l, 0) + v * at(l, 3) + w * at(l, 6),
    u * at(l, 1) + v * at(l, 4) + w * at(l, 7),
    u * at(l, 2) + v * at(l, 5) + w * at(l, 8),
  ];
}

export function volume(l: ArrayLike<number>): number {
  return (
    at(l, 0) * (at(l, 4) * at(l, 8) - at(l, 5) * at(l, 7)) -
    at(l, 1) * (at(l, 3) * at(l, 8) - at(l, 5) * at(l, 6)) +
    at(l, 2) * (at(l, 3) * at(l, 7) - at(l, 4) * at(l, 6))
  );
}

/** The inverse matrix: fractional = cartesian · inverse. Null for a flat cell. */
export function inverse(l: ArrayLike<number>): Float64Array | null {
  const det = volume(l);
  if (!(Math.abs(det) > 1e-9)) return null;
  const m = (a: number, b: number, c: number, d: number) => (at(l, a) * at(l, d) - at(l, b) * at(l, c)) / det;
  return Float64Array.of(
    m(4, 5, 7, 8),
    m(2, 1, 8, 7),
    m(1, 2, 4, 5),
    m(5, 3, 8, 6),
    m(0, 2, 6, 8),
    m(2, 0, 5, 3),
    m(3, 4, 6, 7),
    m(1, 0, 7, 6),
    m(0, 1, 3, 4),
  );
}

export interface CellParameters {
  a: number;
  b: number;
  c: number;
  alpha: number;
  beta: number;
  gamma: number;
  volume: number;
}

const DEGREES = 180 / Math.PI;

export function cellParameters(l: ArrayLike<number>): CellParameters {
  const row = (k: number): Vec3 => [at(l, 3 * k), at(l, 3 * k + 1), at(l, 3 * k + 2)];
  const [a, b, c] = [row(0), row(1), row(2)];
  return {
    a: norm(a),
    b: norm(b),
    c: norm(c),
    alpha: angleBetween(b, c),
    beta: angleBetween(a, c),
    gamma: angleBetween(a, b),
    volume: Math.abs(volume(l)),
  };
}

export const dot = (p: Vec3, q: Vec3): number => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
export const norm = (p: Vec3): number => Math.hypot(p[0], p[1], p[2]);
export const sub = (p: Vec3, q: Vec3): Vec3 => [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
export const cross = (p: Vec3, q: Vec3): Vec3 => [
  p[1] * q[2] - p[2] * q[1],
  p[2] * q[0] - p[0] * q[2],
  p[0] * q[1] - p[1] * q[0],
];

/** In degrees, by atan2: exact near 0 and 180 where acos is not. */
export function angleBetween(p: Vec3, q: Vec3): number {
  return Math.atan2(norm(cross(p, q)), dot(p, q)) * DEGREES;
}

/**
 * The shortest of the vectors d + lattice. Rounding alone is wrong in skewed
 * cells, so every cell that could hold a shorter one is tried: a vector of
 * length r reaches at most r / height cells along an axis.
 */
export function minimumImage(l: ArrayLike<number>, d: Vec3): Vec3 {
  const inv = inverse(l);
  if (!inv) return d;
  const f = toCart(inv, d[0], d[1], d[2]);
  const base: Vec3 = [f[0] - Math.round(f[0]), f[1] - Math.round(f[1]), f[2] - Math.round(f[2])];
  let best = toCart(l, base[0], base[1], base[2]);
  let length = norm(best);
  // The column k of the inverse has length 1 / height k.
  const reach = [0, 1, 2].map((k) =>
    Math.min(8, Math.ceil(length * Math.hypot(at(inv, k), at(inv, 3 + k), at(inv, 6 + k)) + 0.5)),
  ) as Vec3;
  for (let i = -reach[0]; i <= reach[0]; i++)
    for (let j = -reach[1]; j <= reach[1]; j++)
      for (let k = -reach[2]; k <= reach[2]; k++) {
        const p = toCart(l, base[0] + i, base[1] + j, base[2] + k);
        const n = norm(p);
        if (n < length - 1e-12) {
          best = p;
          length = n;
        }
      }
  return best;
}
