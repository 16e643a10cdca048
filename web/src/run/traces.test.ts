import { expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { Traces } from "./traces";

const progress = (n: number, step: number, message = "") =>
  ({
    id: `disc-1/0/t1.tool1/1/${n}`,
    type: "tool_call_progress",
    timestamp: n,
    mode: "creative",
    data: { call_id: "t1.tool1", progress: step, total: 10, message, details: { fmax: 1 / step } },
    metadata: { session_id: "s", discovery_id: "disc-1", step: "t1.tool1", attempt: 1 },
  }) as unknown as Event;

it("keeps a point once, though a snapshot brings it again", () => {
  const t = new Traces();
  for (const e of [progress(1, 1), progress(2, 2), progress(1, 1), progress(2, 2), progress(3, 3)]) t.add(e);
  expect(t.of("disc-1", "t1.tool1").map((p) => p.step)).toEqual([1, 2, 3]);
  expect(t.of("disc-1", "t9.tool1")).toEqual([]);
});

it("keeps what a call says, and what it says again and again once", () => {
  const t = new Traces();
  for (const [n, said] of ["samples", "samples", "", "ranks", "samples"].entries()) t.add(progress(n, n, said));
  t.add(progress(4, 4, "samples")); // a snapshot brings it again
  expect(t.wordsOf("disc-1", "t1.tool1").map((l) => [l.at, l.text])).toEqual([
    [0, "samples"],
    [3, "ranks"],
    [4, "samples"],
  ]);
  expect(t.wordsOf("disc-1", "t1.tool1")).toBe(t.wordsOf("disc-1", "t1.tool1"));
});
