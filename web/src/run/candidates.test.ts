import { expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { hulls, leaderboard, shares } from "./candidates";
import { fold } from "./log";

let n = 0;
const made = (type: string, data: object): Event =>
  ({
    id: `d/0/t1.tool1/1/${n}`,
    timestamp: n,
    type,
    agent_name: "CrystaLyse",
    mode: "creative",
    data,
    metadata: { session_id: "s", discovery_id: "d", step: "t1.tool1", attempt: 1, ord: ++n },
  }) as unknown as Event;

const structure = (id: string, origin: string, parent?: string, formula = id) =>
  made("structure_generated", {
    structure_id: id,
    call_id: "t1.tool1",
    formula,
    n_atoms: 2,
    origin,
    space_group: null,
    ...(parent ? { parent_id: parent } : {}),
  });
const energy = (id: string, name: string, value: number) =>
  made("energy_calculated", {
    key: `t1.tool1.${id}.${name}`,
    name,
    value,
    unit: "eV/atom",
    structure_id: id,
    formula: id,
    potential: "CHGNet",
    converged: true,
  });

it("ranks what is under study, the elements' references left out", () => {
  const d = fold([
    structure("NaCl", "prototype"),
    structure("CsCl", "prototype"),
    structure("Na", "reference"),
    structure("Na2", "relaxed", "Na"),
    energy("NaCl", "energy_per_atom", -3.2),
    energy("CsCl", "energy_per_atom", -3.4),
    energy("Na2", "energy_per_atom", -9),
    energy("CsCl", "formation_energy_per_atom", -2),
  ]).discoveries[0];
  if (!d) throw new Error("no discovery");
  const rows = leaderboard(d);
  expect(rows.map((r) => r.id)).toEqual(["CsCl", "NaCl"]);
  expect(rows[0]).toMatchObject({ energy: -3.4, formation: -2, hull: null, potential: "CHGNet" });
});

it("has a known phase that was relaxed beside the structures searched for its formula", () => {
  const d = fold([
    structure("b3", "prototype", undefined, "MgO"),
    structure("listed", "reference", undefined, "MgO"),
    structure("Mg", "reference"),
    structure("Mg1", "relaxed", "Mg", "Mg"),
    structure("b1", "relaxed", "listed", "MgO"),
    structure("b1", "reference", "listed", "MgO"), // a hull names it among the known
    structure("b8", "reference", undefined, "MgO"),
    energy("b3", "energy_per_atom", -6.2),
    energy("b1", "energy_per_atom", -6.3),
    energy("Mg1", "energy_per_atom", -1.6),
  ]).discoveries[0];
  if (!d) throw new Error("no discovery");
  expect(leaderboard(d).map((r) => [r.id, r.origin])).toEqual([
    ["b1", "relaxed"],
    ["b3", "prototype"],
  ]);
});

it("shows a structure once: as it was relaxed, by the name of what it was", () => {
  const item = (before: string, after: string, twin: string | null) => ({
    input_structure_id: before,
    structure_id: after,
    label: before === "b" ? "CsCl type" : null,
    duplicate_of: twin,
  });
  const named = (id: string, label: string) =>
    made("structure_generated", {
      ...{ structure_id: id, call_id: "t1.tool1", formula: "NaCl", n_atoms: 2, origin: "prototype", space_group: null },
      label,
    });
  const d = fold([
    named("a", "Halite"),
    named("b", "CsCl type"),
    named("c", "Random"),
    structure("a1", "relaxed", "a"),
    made("tool_call_start", { call_id: "t1.tool1", tool: "relax_structures", server: "mace", arguments: {} }),
    energy("a1", "energy_per_atom", -3.4),
    energy("b1", "energy_per_atom", -3.4),
    made("tool_call_result", {
      ...{ call_id: "t1.tool1", tool: "relax_structures", server: "mace", status: "ok", duration_s: 1 },
      result: { items: [item("a", "a1", null), item("b", "b1", "a1")] },
    }),
  ]).discoveries[0];
  if (!d) throw new Error("no discovery");
  expect(leaderboard(d).map((r) => [r.id, r.label, r.energy, r.twins])).toEqual([
    ["a1", "Halite", -3.4, 1],
    ["c", "Random", null, 0],
  ]);
});

it("draws the hulls that tools built", () => {
  const d = fold([
    made("tool_call_start", { call_id: "t1.tool1", tool: "energy_above_hull", server: "mace", arguments: {} }),
    made("tool_call_result", {
      call_id: "t1.tool1",
      tool: "energy_above_hull",
      server: "mace",
      status: "ok",
      duration_s: 1,
      result: {
        items: [
          {
            structure_id: "c",
            formula: "NaCl",
            energy_above_hull_per_atom: 0,
            formation_energy_per_atom: -2,
            hull: {
              system: "Cl-Na",
              kind: "same potential",
              entries: 3,
              date: "2026-01-01",
              missing: [],
              competing: [
                { formula: "Na", structure_id: "na", kind: "element", formation_energy_per_atom: 0, on_hull: true },
                {
                  formula: "NaCl",
                  structure_id: "d",
                  kind: "candidate",
                  formation_energy_per_atom: -2,
                  on_hull: false,
                },
              ],
            },
          },
          {
            structure_id: "d",
            formula: "NaCl",
            energy_above_hull_per_atom: 0.0004,
            formation_energy_per_atom: -2,
            verdict: "on the hull of these 3 phases",
            hull: { system: "Cl-Na" },
          },
        ],
      },
    }),
  ]).discoveries[0];
  if (!d) throw new Error("no discovery");
  const [h] = hulls(d);
  expect(h?.points.map((p) => [p.formula, p.candidate, p.onHull])).toEqual([
    ["Na", false, true],
    ["NaCl", true, true], // on it within the threshold
    ["NaCl", true, true],
  ]);
});

it("reads formulas with brackets", () => {
  expect(shares("Ca(OH)2").get("H")).toBeCloseTo(0.4);
  expect(shares("NaCl").get("Na")).toBe(0.5);
});
