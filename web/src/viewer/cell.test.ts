// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { angleBetween, cellParameters, inverse, minimumImage, norm, sub, toCart, type Vec3, volume } from "./cell";
import { dihedral, measure } from "./measure";

const component = fc.double({ min: -8, max: 8, noNaN: true });
const lattices = fc
  .array(component, { minLength: 9, maxLength: 9 })
  .map((l) => l.map((x, k) => x * 0.4 + (k % 4 === 0 ? 4 : 0)))
  .filter((l) => Math.abs(volume(l)) > 8);
const point = fc.tuple(component, component, component) as fc.Arbitrary<Vec3>;

describe("cells", () => {
  it("goes to fractional coordinates and back", () => {
    fc.assert(
      fc.property(lattices, point, (l, p) => {
        const inv = inverse(l) as Float64Array;
        const back = toCart(l, ...toCart(inv, ...p));
        for (const k of [0, 1, 2]) expect(back[k]).toBeCloseTo(p[k] as number, 8);
      }),
    );
  });

  it("finds the shortest image of any vector", () => {
    fc.assert(
      fc.property(lattices, point, (l, d) => {
        let best = Infinity;
        const inv = inverse(l) as Float64Array;
        const f = toCart(inv, ...d);
        for (let i = -6; i <= 6; i++)
          for (let j = -6; j <= 6; j++)
            for (let k = -6; k <= 6; k++) {
              const [x, y, z] = [f[0] - Math.round(f[0]) + i, f[1] - Math.round(f[1]) + j, f[2] - Math.round(f[2]) + k];
              best = Math.min(best, norm(toCart(l, x, y, z)));
            }
        expect(norm(minimumImage(l, d))).toBeLessThanOrEqual(best + 1e-9);
        const moved = toCart(inv, ...(minimumImage(l, d).map((x, k) => x - (d[k] as number)) as Vec3));
        for (const x of moved) expect(x).toBeCloseTo(Math.round(x), 7);
      }),
      { numRuns: 60 },
    );
  });

  it("names the cell's parameters", () => {
    const hex = [3.25, 0, 0, -1.625, 3.25 * Math.sqrt(0.75), 0, 0, 0, 5.207];
    const p = cellParameters(hex);
    expect([p.a, p.b, p.c, p.alpha, p.beta, p.gamma].map((x) => x.toFixed(3))).toEqual([
      "3.250",
      "3.250",
      "5.207",
      "90.000",
      "90.000",
      "120.000",
    ]);
    expect(inverse([1, 0, 0, 2, 0, 0, 0, 0, 1])).toBeNull();
  });
});

describe("measuring", () => {
  const cube = [4, 0, 0, 0, 4, 0, 0, 0, 4];

  it("measures across the cell's faces", () => {
    expect(
      measure(
        [
          [0.2, 0, 0],
          [3.8, 0, 0],
        ],
        cube,
      )?.value,
    ).toBeCloseTo(0.4, 12);
    expect(
      measure(
        [
          [0.2, 0, 0],
          [3.8, 0, 0],
        ],
        null,
      )?.value,
    ).toBeCloseTo(3.6, 12);
    const angle = measure(
      [
        [0.5, 0, 0],
        [3.9, 0, 0],
        [3.9, 3.5, 0],
      ],
      cube,
    );
    expect([angle?.kind, angle?.unit]).toEqual(["angle", "°"]);
    expect(angle?.value).toBeCloseTo(90, 9);
  });

  it("gives the torsion its sign", () => {
    expect(dihedral([1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1])).toBeCloseTo(90, 9);
    expect(dihedral([1, 0, 0], [0, 0, 0], [0, 0, 1], [0, -1, 1])).toBeCloseTo(-90, 9);
    expect(
      measure(
        [
          [1, 0, 0],
          [0, 0, 0],
          [0, 0, 1],
          [-1, 0, 1],
        ],
        null,
      )?.value,
    ).toBeCloseTo(180, 9);
  });

  it("is exact near 0 and 180 degrees", () => {
    expect(angleBetween([1, 0, 0], [1, 1e-7, 0])).toBeCloseTo((1e-7 * 180) / Math.PI, 12);
    expect(measure([[0, 0, 0]], cube)).toBeNull();
  });

  it("moves with the whole picture: turning changes nothing", () => {
    fc.assert(
      fc.property(point, point, point, fc.double({ min: 0, max: 6, noNaN: true }), (p, q, r, t) => {
        fc.pre(norm(sub(p, q)) > 0.1 && norm(sub(r, q)) > 0.1);
        const turn = ([x, y, z]: Vec3): Vec3 => [
          x * Math.cos(t) - y * Math.sin(t),
          x * Math.sin(t) + y * Math.cos(t),
          z,
        ];
        const a = measure([p, q, r], null)?.value ?? 0;
        const b = measure([turn(p), turn(q), turn(r)], null)?.value ?? 0;
        expect(b).toBeCloseTo(a, 5);
      }),
    );
  });
});
