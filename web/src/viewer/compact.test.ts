// @vitest-environment node
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CompactError, decodeCompact } from "./compact";

interface Fixture {
  name: string;
  hex: string;
  decoded: {
    Species: string[];
    Lattices: number[][][];
    Positions: number[][][];
    Bonds: { I: number; J: number; Image: number[] }[] | null;
    Steps: number[] | null;
    Energies: number[] | null;
    Fmax: number[] | null;
  } | null;
}

// Written by the Go side, so that both read the same bytes the same way.
const path = new URL("../../../internal/structure/compact/testdata/fixtures.json", import.meta.url).pathname;
const fixtures: Fixture[] = JSON.parse(readFileSync(path, "utf8"));
const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (h) => Number.parseInt(h, 16));

describe("the compact form", () => {
  it.each(fixtures.filter((f) => f.decoded))("reads $name as the server does", ({ hex, decoded }) => {
    const got = decodeCompact(bytes(hex));
    expect(Array.from(got.kinds, (k) => got.symbols[k])).toEqual(decoded?.Species);
    expect(got.lattices.map((l) => [...l])).toEqual(decoded?.Lattices.map((l) => l.flat()));
    expect(got.positions.map((p) => [...p])).toEqual(decoded?.Positions.map((p) => p.flat()));
    expect(got.bonds && [...got.bonds]).toEqual(decoded?.Bonds?.flatMap((b) => [b.I, b.J, ...b.Image]) ?? null);
    expect(got.steps).toEqual(decoded?.Steps);
    expect(got.energies && [...got.energies]).toEqual(decoded?.Energies);
    expect(got.fmax && [...got.fmax]).toEqual(decoded?.Fmax);
  });

  it.each(fixtures.filter((f) => !f.decoded))("refuses $name", ({ hex }) => {
    expect(() => decodeCompact(bytes(hex))).toThrow(CompactError);
  });

  it("refuses every cut", () => {
    for (const { hex } of fixtures.filter((f) => f.decoded)) {
      const whole = bytes(hex);
      for (let n = 0; n < whole.length; n++) expect(() => decodeCompact(whole.subarray(0, n))).toThrow(CompactError);
    }
  });

  it("throws nothing but CompactError on damaged bytes", () => {
    let seed = 1;
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % n;
    };
    for (const { hex } of fixtures) {
      for (let k = 0; k < 200; k++) {
        const damaged = bytes(hex);
        for (let m = 0; m <= random(3); m++) if (damaged.length > 0) damaged[random(damaged.length)] = random(256);
        try {
          const got = decodeCompact(damaged);
          expect(got.positions.every((p) => p.every(Number.isFinite))).toBe(true);
        } catch (e) {
          expect(e).toBeInstanceOf(CompactError);
        }
      }
    }
  });
});
