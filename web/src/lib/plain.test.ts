import { expect, it } from "vitest";
import { withoutMarks } from "./plain";

it.each([
  ["**NaCl** comes out in `P6_3/mmc`", "NaCl comes out in P6_3/mmc"],
  ["## Answer\n- Density 2.086", "Answer\n- Density 2.086"],
  ["| group | from |\n|---|:--|\n| Fm-3m | `Halite` |\n\nso", "group · from\nFm-3m · Halite\n\nso"],
  ["written as far as **Na", "written as far as Na"],
  ["| a row that is not", "| a row that is not"],
  ["2 * 3 # 4", "2 * 3 # 4"],
])("says %j as %j", (text, words) => {
  expect(withoutMarks(text)).toBe(words);
});
