import { describe, expect, it } from "vitest";
import { fromRecord } from "../viewer";
import { liveShape } from "./live";

// Na and Cl in a cell of 5.8 angstrom, as the server encodes them.
const compact = "Q0xDAQACAQICTmECQ2wAAQEBAMCA4gLAgOICwIDiAgDAgOICwIDiAsCA4gIAAKgtAKgtAOwx";
const frame = { structure_id: "st_1", frame: 13, energy_per_atom: -3.4123, fmax: 0.2, compact };
const crystal = (species: string[]) =>
  fromRecord({
    structure_id: "st_1",
    species,
    lattice: [
      [0, 2.8, 2.8],
      [2.8, 0, 2.8],
      [2.8, 2.8, 0],
    ],
    frac_coords: species.map((_, i) => [i / 2, i / 2, i / 2]),
  });
const salt = crystal(["Na", "Cl"]);

describe("a frame of a running relaxation", () => {
  it("is the same atoms elsewhere", () => {
    const live = liveShape(salt, frame);
    expect([...(live?.positions[0] ?? [])].map((x) => x.toFixed(3))).toEqual([
      "0.000",
      "0.000",
      "0.000",
      "2.900",
      "2.900",
      "3.190",
    ]);
    expect(live?.lattices[0]?.[1]).toBeCloseTo(2.9, 9);
  });

  it("is nothing where it is another structure's, has no atoms or is damaged", () => {
    expect(liveShape(salt, undefined)).toBeNull();
    expect(liveShape(salt, { ...frame, structure_id: "st_2" })).toBeNull();
    expect(liveShape(salt, { ...frame, compact: undefined })).toBeNull();
    expect(liveShape(salt, { ...frame, compact: "!" })).toBeNull();
    expect(liveShape(salt, { ...frame, compact: compact.slice(0, 40) })).toBeNull();
    expect(liveShape(crystal(["K", "Cl"]), frame)).toBeNull();
  });
});
