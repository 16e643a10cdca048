import { expect, it } from "vitest";
import { beside, inside } from "./overlay";

const gizmo = { x: 46, y: 454 };

it("leaves a label alone that the gizmo does not cover", () => {
  expect(beside(gizmo, { x: 200, y: 300 })).toEqual({ x: 200, y: 300 });
});

it("puts a label that the gizmo covers beside it, inside the pane", () => {
  for (const [x, y] of [
    [44, 430],
    [46, 454],
    [60, 440],
    [20, 490], // below and to the left there is no room
    [30, 420],
    [80, 480],
  ] as const) {
    const p = beside(gizmo, { x, y });
    expect(Math.hypot(p.x - gizmo.x, p.y - gizmo.y)).toBeCloseTo(52);
    expect(p.x).toBeGreaterThanOrEqual(gizmo.x);
    expect(p.y).toBeLessThanOrEqual(gizmo.y);
  }
});

it("draws a label whole that the edge of its pane would cut", () => {
  const pane = { x: 300, width: 300, height: 200 };
  expect(inside(pane, { x: 450, y: -3 })).toEqual({ x: 450, y: 10 });
  expect(inside(pane, { x: 296, y: 205 })).toEqual({ x: 310, y: 190 });
  expect(inside(pane, { x: 450, y: 100 })).toEqual({ x: 450, y: 100 });
  expect(inside(pane, { x: 450, y: -60 })).toEqual({ x: 450, y: -60 });
});
