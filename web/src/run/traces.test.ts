import { expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { Traces } from "./traces";

const progress = (n: number, step: number) =>
  ({
    id: `disc-1/0/t1.tool1/1/${n}`,
    type: "tool_call_progress",
    timestamp: n,
    mode: "creative",
    data: { call_id: "t1.tool1", progress: step, total: 10, message: "", details: { fmax: 1 / step } },
    metadata: { session_id: "s", discovery_id: "disc-1", step: "t1.tool1", attempt: 1 },
  }) as unknown as Event;

it("keeps a point once, though a snapshot brings it again", () => {
  const t = new Traces();
  for (const e of [progress(1, 1), progress(2, 2), progress(1, 1), progress(2, 2), progress(3, 3)]) t.add(e);
  expect(t.of("disc-1", "t1.tool1").map((p) => p.step)).toEqual([1, 2, 3]);
  expect(t.of("disc-1", "t9.tool1")).toEqual([]);
});
