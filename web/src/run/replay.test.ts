import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { fold } from "./log";
import { asItHappened, firstMoment, Playback } from "./replay";

const { log } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../internal/event/testdata/fold/whole.json"), "utf8"),
) as { log: Event[] };
const events = asItHappened(log);

it("keeps every event, durable ones in their order, live ones where they happened", () => {
  expect(new Set(events.map((e) => e.id))).toEqual(new Set(log.map((e) => e.id)));
  const ords = events.flatMap((e) => e.metadata.ord ?? []);
  expect(ords).toEqual([...ords].sort((a, b) => a - b));
});

it("shows at event k the fold of the first k events, wherever it came from", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: events.length }), { minLength: 1, maxLength: 6 }), (visited) => {
      const p = new Playback(events);
      for (const k of visited) expect(p.at(k)).toEqual(fold(events.slice(0, k)));
    }),
    { numRuns: 30 },
  );
});

it("begins where a question is asked", () => {
  expect(new Playback(events).at(firstMoment(events)).discoveries[0]?.turns.length).toBe(1);
});
