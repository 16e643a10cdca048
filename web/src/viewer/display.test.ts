// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inverse, toCart, type Vec3 } from "./cell";
import { latticeOf, neighborsOf, positionsOf, symbolOf } from "./crystal";
import { buildDisplay, type Images, placeAtoms } from "./display";
import { sample, samples } from "./testing";

const one: Vec3 = [1, 1, 1];
const options = { supercell: one, images: "boundary" as Images, bonds: true, polyhedra: false };
const cells = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 2 }),
) as fc.Arbitrary<Vec3>;

describe("what is drawn", () => {
  it("is all that the server sent, in every cell, whatever is asked for", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        cells,
        fc.constantFrom<Images>("none", "boundary", "bonded"),
        fc.boolean(),
        ({ crystal }, supercell, images, polyhedra) => {
          const d = buildDisplay(crystal, { supercell, images, bonds: true, polyhedra }, 0);
          const n = supercell[0] * supercell[1] * supercell[2];
          expect(d.real).toBe(n * crystal.n);
          expect(d.bondEnds / 2).toBe((n * (crystal.bonds?.length ?? 0)) / 5);
          const seen = new Set(
            Array.from({ length: d.count }, (_, k) => `${d.source[k]}:${d.image.slice(3 * k, 3 * k + 3)}`),
          );
          expect(seen.size).toBe(d.count);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("shows six contacts at every atom of rock salt", () => {
    const salt = sample("NaCl");
    const d = buildDisplay(salt, { ...options, images: "none" }, 0);
    const contacts = new Array(d.real).fill(0);
    for (let k = 0; k < d.bondCount; k++) {
      contacts[d.bondFrom[k] as number]++;
      const other = d.bondWhole[k] ? d.bondTo[k] : undefined;
      if (other !== undefined) contacts[other]++; // one cell: a drawn atom's number is its atom
    }
    expect(contacts).toEqual(new Array(8).fill(6));
  });

  it("repeats the atoms on faces, edges and corners", () => {
    const d = buildDisplay(sample("NaCl"), options, 0);
    expect([d.real, d.count]).toEqual([8, 27]);
    expect(buildDisplay(sample("Cu"), options, 0).count).toBe(8);
    expect(buildDisplay(sample("Cu"), { ...options, supercell: [2, 1, 1] }, 0).count).toBe(12);
  });

  it("keeps every atom of the cell inside the block and every bond at its length", () => {
    for (const { crystal } of samples) {
      const d = buildDisplay(crystal, { ...options, supercell: [2, 2, 1], images: "bonded" }, 0);
      const positions = new Float32Array(3 * d.count);
      const l = latticeOf(crystal, 0);
      placeAtoms(d, l, positionsOf(crystal, 0), positions);
      const inv = inverse(l) as Float64Array;
      for (let k = 0; k < d.real; k++) {
        const f = toCart(
          inv,
          positions[3 * k] as number,
          positions[3 * k + 1] as number,
          positions[3 * k + 2] as number,
        );
        f.forEach((x, axis) => {
          expect(x).toBeGreaterThan(-1e-4);
          expect(x).toBeLessThan([2, 2, 1][axis] as number);
        });
      }
      const near = neighborsOf(crystal);
      for (let k = 0; k < d.bondCount; k++) {
        if (!d.bondWhole[k]) continue;
        const other = Array.from({ length: d.count }, (_, m) => m).find(
          (m) => d.source[m] === d.bondTo[k] && [0, 1, 2].every((x) => d.image[3 * m + x] === d.bondImage[3 * k + x]),
        );
        expect(other).toBeDefined();
      }
      expect(near.offset[crystal.n]).toBe((2 * (crystal.bonds?.length ?? 0)) / 5);
    }
  });

  it("draws neither bonds that are unknown nor bonds that are off", () => {
    const c = { ...sample("NaCl"), bonds: null };
    expect(buildDisplay(c, options, 0).bondCount).toBe(0);
    expect(buildDisplay(sample("NaCl"), { ...options, bonds: false }, 0).bondCount).toBe(0);
    expect(symbolOf(c, 0)).toBe("Na");
  });
});
