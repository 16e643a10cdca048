import { expect, it } from "vitest";
import { asSentence } from "./format";

it.each([
  ["the store does not answer", "The store does not answer"],
  ["non-finite energy", "Non-finite energy"],
  ["no", "No"],
  ["The store does not answer", "The store does not answer"],
  ["st_01 is not known", "st_01 is not known"],
  ["t2.tool1 failed", "t2.tool1 failed"],
  ["pH is not a property of a crystal", "pH is not a property of a crystal"],
  ["structure_id must be given", "structure_id must be given"],
  ["2 of 3 failed", "2 of 3 failed"],
  ["", ""],
])("says %j as %j", (said, shown) => {
  expect(asSentence(said)).toBe(shown);
});

it("keeps the name of an argument", () => {
  expect(asSentence("fmax must be positive", ["fmax"])).toBe("fmax must be positive");
});
