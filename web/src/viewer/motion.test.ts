// @vitest-environment node
import { describe, expect, it } from "vitest";
import { at } from "./cell";
import { coordination, elementColors, ramp, toHex } from "./colors";
import { type Crystal, CrystalError, fromRecord, latticeOf, neighborsOf, positionsOf, withPath } from "./crystal";
import { Mix, Motions, nearest } from "./motion";
import { Quality } from "./quality";
import { sample, samples } from "./testing";

describe("changes", () => {
  it("go from one shape to the other", () => {
    const a = { lattice: [1, 0, 0, 0, 1, 0, 0, 0, 1], positions: [0, 0, 0] };
    const b = { lattice: [2, 0, 0, 0, 2, 0, 0, 0, 2], positions: [1, 2, 3] };
    const half = new Mix().at(a, b, 0.5);
    expect([...(half.positions as Float64Array)]).toEqual([0.5, 1, 1.5]);
    expect(at(half.lattice, 4)).toBe(1.5);
    expect(new Mix().at(a, b, 1)).toBe(b);
  });

  it("send no atom across the cell when only its wrapping changed", () => {
    const lattice = [4, 0, 0, 0, 4, 0, 0, 0, 4];
    const from = nearest({ lattice, positions: [3.9, 2, 0.1] }, { lattice, positions: [0.1, 2, 3.9] });
    for (const [k, x] of [-0.1, 2, 4.1].entries()) expect(at(from.positions, k)).toBeCloseTo(x, 9);
  });

  it("end, replace each other, and happen at once without motion", () => {
    const seen: string[] = [];
    const m = new Motions();
    m.run("x", 100, (t) => seen.push(`old ${t}`));
    m.run("x", 100, (t) => seen.push(`new ${t}`));
    m.tick(1000);
    m.tick(1050);
    m.tick(1100);
    expect(m.active).toBe(false);
    m.run("x", 0, (t) => seen.push(`at once ${t}`));
    expect(seen).toEqual(["new 0", "new 0.5", "new 1", "at once 1"]);
  });
});

describe("quality", () => {
  it("gets coarser when frames are late and finer when they are early again", () => {
    const q = new Quality();
    let now = 0;
    const run = (gap: number, n: number) => {
      for (let k = 0; k < n; k++) {
        now += gap;
        q.frame(now);
      }
    };
    expect(q.moving(2)).toBe(2);
    run(80, 3);
    expect(q.moving(2)).toBe(1);
    run(16, 40);
    expect(q.moving(2)).toBe(2);
    expect(q.rest(1, 600, 400, 100)).toBe(2);
    expect(q.rest(1, 600, 400, 100_000)).toBe(1);
    q.adaptive = false;
    run(80, 3);
    expect(q.moving(1)).toBe(1);
  });
});

describe("paths", () => {
  it("are unwrapped around the structure they end in, so that its bonds fit", () => {
    const end = sample("NaCl");
    const l = latticeOf(end, 0);
    // The last atom of the path ended one cell away along a.
    const shifted = Float64Array.from(positionsOf(end, 0));
    for (let k = 0; k < 3; k++) shifted[21 + k] = at(shifted, 21 + k) + at(l, k) + 0.01;
    const before = shifted.map((x) => x + 0.1);
    const path: Crystal = { ...end, id: "path", lattices: [l], positions: [before, shifted], bonds: null };
    const joined = withPath(end, path);
    expect(joined?.bonds).toBe(end.bonds);
    for (const [k, x] of positionsOf(end, 0).entries()) {
      expect(Math.abs(at(positionsOf(joined as Crystal, 1), k) - x)).toBeLessThan(0.011);
    }
    expect(at(positionsOf(joined as Crystal, 0), 21) - at(positionsOf(joined as Crystal, 1), 21)).toBeCloseTo(0.1, 9);
    expect(withPath(sample("CaF2"), path)).toBeNull();
    expect(withPath(end, { ...path, positions: [shifted, shifted.map((x) => x + 1)] })).toBeNull();
  });

  it("refuses records that are no crystal", () => {
    const good = {
      structure_id: "st_x",
      species: ["Na"],
      lattice: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      frac_coords: [[0, 0, 0]],
    };
    expect(fromRecord(good).n).toBe(1);
    expect(() => fromRecord({ ...good, frac_coords: [] })).toThrow(CrystalError);
    expect(() =>
      fromRecord({
        ...good,
        lattice: [
          [1, 0, Number.NaN],
          [0, 1, 0],
          [0, 0, 1],
        ],
      }),
    ).toThrow(CrystalError);
    expect(() => fromRecord({ ...good, bonds: [{ i: 0, j: 4, image: [0, 0, 0] }] })).toThrow(CrystalError);
  });
});

describe("colors", () => {
  it("tell the elements of every sample apart in the safe scheme", () => {
    for (const { crystal } of samples) {
      const colors = elementColors(crystal, "safe").map(toHex);
      expect(new Set(colors).size).toBe(crystal.symbols.length);
    }
    expect(toHex(elementColors(sample("NaCl"), "vesta")[0] ?? [0, 0, 0])).toBe("#f9dc3c");
  });

  it("run over the ramp and count neighbors", () => {
    expect([toHex(ramp(0)), toHex(ramp(1)), toHex(ramp(Number.NaN))]).toEqual(["#440154", "#fde725", "#440154"]);
    const c = sample("CaF2");
    expect([...new Set(coordination(c, neighborsOf(c)))].sort()).toEqual([4, 8]);
  });
});
