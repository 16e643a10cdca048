// The lower hull of points over a plane: which phases stand in equilibrium with
// which. Few points are on a hull, so every triangle is simply tried.

export interface Point3 {
  x: number;
  y: number;
  z: number;
}

const flat = 1e-9;
const touching = 1e-6; // eV/atom

/** Pairs of points that a face of the lower hull joins, by their places in the list. */
export function tieLines(points: readonly Point3[]): [number, number][] {
  const lines = new Map<string, [number, number]>();
  for (const [i, a] of points.entries())
    for (const [dj, b] of points.slice(i + 1).entries())
      for (const [dk, c] of points.slice(i + dj + 2).entries()) {
        if (!isFace(a, b, c, points)) continue;
        const j = i + dj + 1;
        const k = j + dk + 1;
        for (const [p, q] of [
          [i, j],
          [j, k],
          [i, k],
        ] as const)
          lines.set(`${p} ${q}`, [p, q]);
      }
  return [...lines.values()];
}

/** Whether no point lies below the plane through three. */
function isFace(a: Point3, b: Point3, c: Point3, points: readonly Point3[]): boolean {
  const area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
  if (Math.abs(area) < flat) return false;
  return points.every((p) => {
    const v = ((p.x - a.x) * (c.y - a.y) - (c.x - a.x) * (p.y - a.y)) / area;
    const w = ((b.x - a.x) * (p.y - a.y) - (p.x - a.x) * (b.y - a.y)) / area;
    return p.z >= a.z + v * (b.z - a.z) + w * (c.z - a.z) - touching;
  });
}
