import { expect, it } from "vitest";
import { formatNumber, formatSeconds, formatValue } from "../lib/format";
import { linkCitations, plainCitations, withoutDirectives } from "./values";

it("turns citations into links and drops what speaks to the program", () => {
  expect(linkCitations("E = **{{v:t1.tool1.energy_per_atom}}** {{outcome: declined}}")).toBe(
    "E = **[t1.tool1.energy_per_atom](#value-t1.tool1.energy_per_atom)**",
  );
  expect(withoutDirectives("{{assume: a is {{v:t1.tool1.a}}}} text")).toBe("text");
  expect(plainCitations("{{v: t1.tool1.a |3}}", (k) => `<${k}>`)).toBe("<t1.tool1.a>");
});

it("labels what is struck, beside what is sourced", () => {
  expect(linkCitations("**~~5 eV~~ ⚠ unsourced**, {{v:t1.tool1.e}} and ⟨unresolved: t9.x⟩")).toBe(
    "**~~5 eV~~ [no source](#no-source)**, [t1.tool1.e](#value-t1.tool1.e) and ~~t9.x~~ [no source](#no-source)",
  );
});

it("writes numbers as the field does", () => {
  expect(formatValue(-2.0735, "eV/atom")).toBe("\u22122.074\u2009eV/atom");
  expect(formatValue(90, "degree")).toBe("90.00°");
  expect(formatValue(true, "", "composition_valid")).toBe("valid");
  expect(formatValue(225, "")).toBe("225");
  expect(formatNumber(-0.0001, "eV/atom")).toBe("0.000");
  expect(formatNumber(Number.NaN)).toBe("unknown");
  expect([4.2, 61, 3725].map(formatSeconds)).toEqual(["4.2\u2009s", "1:01", "1:02:05"]);
});
