import { expect, it } from "vitest";
import { type Crystal, cellParameters, latticeOf } from "../viewer";
import { inConventionalCell } from "./conventional";

const h = 2.82;
const primitive: Crystal = {
  id: "st_1",
  n: 2,
  symbols: ["Na", "Cl"],
  kinds: Uint16Array.of(0, 1),
  lattices: [Float64Array.of(0, h, h, h, 0, h, h, h, 0), Float64Array.of(0, 3, 3, 3, 0, 3, 3, 3, 0)],
  positions: [Float64Array.of(0, 0, 0, h, h, h), Float64Array.of(0, 0, 0, 3, 3, 3)],
  bonds: Int32Array.of(0, 1, 0, 0, -1),
  bondsMethod: "CrystalNN",
  steps: [0, 5],
  energies: Float64Array.of(-6, -7),
  fmax: Float64Array.of(1, 0.1),
};
const cell = {
  transform: [
    [-1, 1, 1],
    [1, -1, 1],
    [1, 1, -1],
  ],
  atoms: [
    [0, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [1, 0, 0, 0],
    [1, -1, 0, 0],
    [1, 0, -1, 0],
    [1, 0, 0, -1],
  ] as [number, number, number, number][],
  bonds: [[0, 7, 0, 0, 0]] as [number, number, number, number, number][],
};

it("is the stored path in a larger cell, whose edges follow each frame", () => {
  const c = inConventionalCell(primitive, cell);
  expect(c.n).toBe(8);
  for (const [f, a] of [2 * h, 6].entries()) {
    const p = cellParameters(latticeOf(c, f));
    expect([p.a, p.b, p.c, p.alpha, p.beta, p.gamma]).toEqual([a, a, a, 90, 90, 90].map((x) => expect.closeTo(x, 9)));
  }
  expect([...(c.positions[1] ?? []).slice(3, 6)]).toEqual([0, 3, 3]);
  expect(c.bonds).toEqual(Int32Array.of(0, 7, 0, 0, 0));
});

it("keeps energies per atom, and is another crystal than the stored one", () => {
  const c = inConventionalCell(primitive, cell);
  expect((c.energies?.[1] ?? 0) / c.n).toBeCloseTo(-3.5);
  expect(c.id).not.toBe(primitive.id);
  expect(inConventionalCell({ ...primitive, energies: null }, { ...cell, bonds: null }).bonds).toBeNull();
});
