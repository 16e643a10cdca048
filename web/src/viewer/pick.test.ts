// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Vec3 } from "./cell";
import { PickGrid, type Ray } from "./pick";

/** Every atom tried: what the grid must agree with. */
function first(positions: Float32Array, radii: Float32Array, { origin, direction: d }: Ray): number {
  let best = -1;
  let nearest = Infinity;
  for (let i = 0; i < radii.length; i++) {
    const p = [0, 1, 2].map((k) => (positions[3 * i + k] as number) - (origin[k] as number)) as Vec3;
    const along = p[0] * d[0] + p[1] * d[1] + p[2] * d[2];
    const gap = (radii[i] as number) ** 2 - (p[0] ** 2 + p[1] ** 2 + p[2] ** 2 - along ** 2);
    if (gap < 0 || along + Math.sqrt(gap) <= 0) continue;
    if (along - Math.sqrt(gap) < nearest) {
      nearest = along - Math.sqrt(gap);
      best = i;
    }
  }
  return best;
}

const c = fc.double({ min: -10, max: 10, noNaN: true });
const unit = fc
  .tuple(c, c, c)
  .filter((v) => Math.hypot(...v) > 0.5)
  .map((v) => v.map((x) => x / Math.hypot(...v)) as Vec3);

describe("picking", () => {
  it("agrees with trying every atom", () => {
    const atoms = fc.array(fc.tuple(c, c, c, fc.double({ min: 0.2, max: 1.2, noNaN: true })), {
      minLength: 0,
      maxLength: 60,
    });
    fc.assert(
      fc.property(atoms, unit, fc.tuple(c, c, c), (list, direction, target) => {
        const positions = Float32Array.from(list.flatMap((a) => a.slice(0, 3)));
        const radii = Float32Array.from(list, ([, , , r]) => r);
        const ray: Ray = { origin: target.map((t, k) => t - 40 * (direction[k] as number)) as Vec3, direction };
        expect(new PickGrid(positions, radii).pick(ray)).toBe(first(positions, radii, ray));
      }),
      { numRuns: 300 },
    );
  });

  it("misses beside and behind, along an axis too", () => {
    const grid = new PickGrid(Float32Array.of(0, 0, 0, 0, 0, 5), Float32Array.of(1, 1));
    expect(grid.pick({ origin: [0, 0, 20], direction: [0, 0, -1] })).toBe(1);
    expect(grid.pick({ origin: [0, 0, -20], direction: [0, 0, 1] })).toBe(0);
    expect(grid.pick({ origin: [3, 0, 20], direction: [0, 0, -1] })).toBe(-1);
    expect(grid.pick({ origin: [0, 0, 20], direction: [0, 0, 1] })).toBe(-1);
  });
});
