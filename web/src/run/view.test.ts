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
