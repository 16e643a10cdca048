import { expect, it } from "vitest";
import { tieLines } from "./facets";

const corners = [
  { x: 0, y: 0, z: 0 },
  { x: 1, y: 0, z: 0 },
  { x: 0.5, y: 1, z: 0 },
];

it("joins the elements where no compound is stable", () => {
  expect(tieLines(corners)).toHaveLength(3);
});

it("joins a stable compound with all that it stands beside, and nothing across it", () => {
  const inside = { x: 0.5, y: 0.4, z: -1 };
  const lines = tieLines([...corners, inside]);
  expect(lines).toHaveLength(6);
  for (const k of [0, 1, 2]) expect(lines).toContainEqual([k, 3]);
});

it("parts a side at its stable binary", () => {
  const binary = { x: 0.5, y: 0, z: -1 };
  const lines = tieLines([...corners, binary]);
  expect(lines).toContainEqual([2, 3]);
  expect(lines).toContainEqual([0, 3]);
  expect(lines).not.toContainEqual([0, 1]);
});

it("joins nothing to a phase above the hull", () => {
  const above = { x: 0.5, y: 0.4, z: 0.1 };
  expect(tieLines([...corners, above]).flat()).not.toContain(3);
});
