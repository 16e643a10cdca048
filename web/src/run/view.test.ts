import { expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { fold } from "./log";

const did = "disc-01ARZ3NDEKTSV4RRFFQ69G5FAV";
let ord = 0;
const outside = (name: string, type: string, data: object) => {
  ord++;
  const metadata = { session_id: "s", discovery_id: did, ord };
  return { id: `${did}/0/w/${name}/0`, type, timestamp: ord, mode: "auto", data, metadata } as unknown as Event;
};
const status = (name: string, of: string) => outside(name, "discovery_status", { status: of, gen: 0 });
const end = (name: string, of: string) =>
  outside(name, "discovery_complete", {
    status: of,
    report_id: name,
    summary: name,
    usage: { tokens_in: 0, tokens_out: 0, tool_calls: 0, wall_s: 0, cost: null },
  });

it("shows what a tool refused once, with the call's result", () => {
  const within = (n: number, type: string, data: object) => {
    ord++;
    const metadata = { session_id: "s", discovery_id: did, step: "t1.tool1", attempt: 1, ord };
    return {
      id: `${did}/0/t1.tool1/1/${n}`,
      type,
      timestamp: ord,
      mode: "creative",
      data,
      metadata,
    } as unknown as Event;
  };
  const call = { call_id: "t1.tool1", tool: "relax_structure", server: "mace" };
  const trouble = { tool_name: "relax_structure", message: "no", recovery_suggestions: ["use another"] };
  const shown = fold([
    status("x", "running"),
    within(0, "tool_call_start", { ...call, arguments: {} }),
    within(1, "error", { ...trouble, error_type: "unavailable" }),
    within(2, "error", { ...trouble, error_type: "tool_failure" }),
    within(3, "tool_call_result", {
      ...call,
      status: "tool_error",
      duration_s: 1,
      error: { code: "x", message: "no", suggestions: [] },
    }),
  ]).discoveries[0]?.calls[0];
  expect(shown).toMatchObject({ status: "tool_error", error: { message: "no" }, notes: [{ text: "no" }] });
  expect(shown?.notes).toHaveLength(1);
});

it("keeps nothing of an end that was taken back", () => {
  const first = [
    status("a", "queued"),
    outside("b", "validation_complete", { values_total: 3, values_resolved: 3, unsourced: [] }),
    end("first", "cancelled"),
  ];
  expect(fold(first).discoveries[0]).toMatchObject({ validation: { total: 3 }, complete: { reportId: "first" } });
  const again = [...first, status("c", "queued"), status("d", "running")];
  const open = fold(again).discoveries[0];
  expect(open).toMatchObject({ status: "running" });
  expect(open?.complete).toBeUndefined();
  // Closed again without a check of its own: the first run's does not count for it.
  const over = fold([...again, end("second", "cancelled")]).discoveries[0];
  expect(over).toMatchObject({ status: "cancelled", complete: { reportId: "second" } });
  expect(over?.validation).toBeUndefined();
});
