import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../api/types";
import type { Event } from "../event/events.gen";
import { decodeRun, encodeRun } from "./bundle";
import { fold } from "./log";

const { log } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../internal/event/testdata/fold/whole.json"), "utf8"),
) as { log: Event[] };
const report = { discovery_id: "disc-1", summary: "NaCl" } as Report;

it("comes back from its file as it was", () => {
  const run = decodeRun(encodeRun({ session: "s", events: log, reports: [report] }));
  expect(fold(run.events)).toEqual(fold(log));
  expect(run.reports).toEqual([report]);
});

it.each([
  ["", /Line 1/],
  ['{"kind":"other"}', /not a run/],
  ['{"kind":"crystalyse-run","version":9}', /another version/],
  ['{"kind":"crystalyse-run","version":1}\n{"event":{"id":"x"}}', /Line 2/],
  ['{"kind":"crystalyse-run","version":1}\n[', /Line 2/],
])("says what is wrong with %j", (text, why) => {
  expect(() => decodeRun(text)).toThrow(why);
});
