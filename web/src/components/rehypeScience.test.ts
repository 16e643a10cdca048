import { describe, expect, it } from "vitest";
import { parseFormula } from "../lib/science";
import rehypeScience from "./rehypeScience";

const text = (value: string) => ({ type: "text", value });
const el = (tagName: string, children: object[], properties = {}) => ({
  type: "element",
  tagName,
  properties,
  children,
});

/** The tree as text: spans in brackets after their class. */
interface Shown {
  type: string;
  value?: string;
  properties?: { className?: string };
  children?: Shown[];
}

function shown(n: Shown): string {
  if (n.type === "text") return n.value ?? "";
  const inner = (n.children ?? []).map(shown).join("");
  return n.properties?.className ? `[${n.properties.className} ${inner}]` : inner;
}

function set(...children: object[]): string {
  const tree = el("p", children);
  rehypeScience()(tree as never);
  return shown(tree as Shown);
}

describe("formulas", () => {
  it.each([
    ["CaF2 melts", "[formula CaF2] melts"],
    ["Ca(OH)2.", "[formula Ca(OH)2]."],
    ["Halite (B1)", "Halite (B1)"],
    ["(CaF2) and Na3Cl)", "([formula CaF2]) and [formula Na3Cl])"],
    ["NaCl and SHA256", "NaCl and SHA256"],
    ["P2 layers of Na0.7CoO2", "P2 layers of [formula Na0.7CoO2]"],
  ])("%s", (said, want) => expect(set(text(said))).toBe(want));

  it("stay as they are in code and links", () => {
    expect(set(el("code", [text("CaF2")]), el("a", [text("CaF2")]))).toBe("CaF2CaF2");
  });

  it("name elements that exist, with brackets that close", () => {
    expect(parseFormula("LiFePO4")).toEqual(new Set(["Li", "Fe", "P", "O"]));
    for (const w of ["Xx2O3", "Ca(OH2", "OH)2", "al2o3", ""]) expect(parseFormula(w)).toBeUndefined();
  });
});

describe("space groups", () => {
  it.each([
    ["in Fm-3m (No.", "in [space-group Fm-3m] (No."],
    ["P6_3/mmc", "[space-group P6_3/mmc]"],
    ["R-3c or I4_1/amd", "[space-group R-3c] or [space-group I4_1/amd]"],
    ["olivine, Pnma", "olivine, [space-group Pnma]"],
    ["A Band, Face or I am", "A Band, Face or I am"],
  ])("%s", (said, want) => expect(set(text(said))).toBe(want));
});

it("keeps the mark behind a number on its line", () => {
  const chip = el("a", [text("t1")], { href: "#value-t1" });
  expect(set(text("is "), chip, text(". Next"))).toBe("is [nowrap t1.] Next");
  expect(set(el("strong", [chip]), text(" more"))).toBe("t1 more");
});
