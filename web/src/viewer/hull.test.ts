// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cross, dot, sub, type Vec3 } from "./cell";
import { neighborsOf, symbolOf } from "./crystal";
import { convexHull } from "./hull";
import { polyhedra } from "./polyhedra";
import { sample } from "./testing";

// Shells: directions spread over a sphere, each a little off, at distances that differ.
const off = fc.double({ min: -0.25, max: 0.25, noNaN: true });
const shells = fc
  .tuple(fc.integer({ min: 4, max: 9 }), fc.array(fc.tuple(off, off, off), { minLength: 9, maxLength: 9 }))
  .map(([n, offs]) =>
    Array.from({ length: n }, (_, k): Vec3 => {
      const z = 1 - (2 * k + 1) / n;
      const r = Math.sqrt(1 - z * z);
      const turn = k * Math.PI * (3 - Math.sqrt(5));
      const [dx, dy, dz] = offs[k] as Vec3;
      return [2 * (r * Math.cos(turn) + dx), 2 * (r * Math.sin(turn) + dy), 2 * (z + dz)];
    }),
  );

/** No four points nearly in a plane, so that every face is a triangle. */
function generic(points: Vec3[]): boolean {
  const [n, k] = [points.length, 0.02];
  for (let a = 0; a < n; a++)
    for (let b = a + 1; b < n; b++)
      for (let d = b + 1; d < n; d++) {
        const [p, q, r] = [points[a], points[b], points[d]] as [Vec3, Vec3, Vec3];
        const normal = cross(sub(q, p), sub(r, p));
        const area = Math.hypot(...normal);
        if (area < 0.05) return false;
        for (let e = d + 1; e < n; e++) if (Math.abs(dot(sub(points[e] as Vec3, p), normal)) / area < k) return false;
      }
  return true;
}

describe("hulls", () => {
  it("hold every point and close: V - E + F = 2", () => {
    fc.assert(
      fc.property(shells, (points) => {
        fc.pre(generic(points));
        const hull = convexHull(points);
        const faces = hull?.faces ?? [];
        const corners = new Set(faces.flat());
        expect(corners.size - (hull?.edges.length ?? 0) + faces.length).toBe(2);
        for (const f of faces) {
          const [p, q, r] = [points[f[0] as number], points[f[1] as number], points[f[2] as number]] as [
            Vec3,
            Vec3,
            Vec3,
          ];
          const n = cross(sub(q, p), sub(r, p));
          for (const s of points) expect(dot(sub(s, p), n) / Math.hypot(...n)).toBeLessThan(0.03);
        }
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    [
      "tetrahedron",
      [
        [1, 1, 1],
        [1, -1, -1],
        [-1, 1, -1],
        [-1, -1, 1],
      ],
      4,
      6,
    ],
    [
      "octahedron",
      [
        [1, 0, 0],
        [-1, 0, 0],
        [0, 1, 0],
        [0, -1, 0],
        [0, 0, 1],
        [0, 0, -1],
      ],
      8,
      12,
    ],
    [
      "cube, with its flat faces whole",
      [
        [1, 1, 1],
        [1, 1, -1],
        [1, -1, 1],
        [1, -1, -1],
        [-1, 1, 1],
        [-1, 1, -1],
        [-1, -1, 1],
        [-1, -1, -1],
      ],
      6,
      12,
    ],
    [
      "square",
      [
        [1, 0, 0],
        [0, 1, 0],
        [-1, 0, 0],
        [0, -1, 0],
      ],
      1,
      4,
    ],
  ] as [string, Vec3[], number, number][])("of a %s", (_, points, faces, edges) => {
    const hull = convexHull(points);
    expect([hull?.faces.length, hull?.edges.length]).toEqual([faces, edges]);
  });

  it("is nothing for a line or too few points", () => {
    expect(
      convexHull([
        [0, 0, 0],
        [1, 1, 1],
        [2, 2, 2],
        [3, 3, 3],
      ]),
    ).toBeNull();
    expect(
      convexHull([
        [0, 0, 0],
        [1, 0, 0],
      ]),
    ).toBeNull();
  });
});

describe("polyhedra", () => {
  it.each([
    ["TiO2", { Ti: [8, 12] }],
    ["SiO2", { Si: [4, 6] }],
    ["SrTiO3", { Ti: [8, 12] }],
    ["LiFePO4", { Li: [8, 12], Fe: [8, 12], P: [4, 6] }],
  ] as [string, Record<string, [number, number]>][])("of %s stand on its cations", (name, expected) => {
    const c = sample(name);
    const got: Record<string, [number, number]> = {};
    for (const p of polyhedra(c, neighborsOf(c), 0))
      got[symbolOf(c, p.center)] = [p.triangles.length / 3, p.edges.length];
    expect(got).toEqual(expected);
  });

  it("has none where no atom is a cation", () => {
    const c = sample("C diamond");
    expect(polyhedra(c, neighborsOf(c), 0)).toEqual([]);
  });
});
