// The log folds piece by piece what the fold makes of everything at once.
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Event } from "../event/events.gen";
import { leaderboard } from "./candidates";
import { fold, Log } from "./log";
import type { Discovery } from "./view";

const dir = resolve(import.meta.dirname, "../../../internal/event/testdata/fold");
const logs = readdirSync(dir)
  .filter((f) => f.endsWith(".json"))
  .map((f) => (JSON.parse(readFileSync(`${dir}/${f}`, "utf8")) as { log: Event[] }).log);

/** What is made of lasting events: the same while `settled` is. */
const lasting = (d: Discovery) => ({
  structures: d.structures,
  energies: d.energies,
  status: d.status,
  results: d.calls.map((c) => [c.callId, c.status, c.result, c.startedAt, c.endedAt]),
  notes: d.turns.map((t) => [t.step, t.ended, t.planned]),
});

const orders = fc
  .constantFrom(...logs.filter((l) => l.length > 0))
  .chain((log) =>
    fc.tuple(fc.constant(log), fc.shuffledSubarray(log, { minLength: log.length }), fc.infiniteStream(fc.nat(3))),
  );

it("is the same fold however often it is looked at between", () => {
  fc.assert(
    fc.property(orders, ([log, order, looks]) => {
      const held = new Log();
      const known = new Map<object, unknown>();
      for (const e of order) {
        held.add(e);
        const look = looks.next().value;
        if (look === 1) held.settle();
        if (look !== 2) continue;
        for (const d of held.view().discoveries) {
          if (known.has(d.settled)) expect(lasting(d)).toEqual(known.get(d.settled));
          known.set(d.settled, lasting(d));
        }
      }
      const whole = fold(log);
      const strip = (d: Discovery) => ({ ...d, settled: undefined });
      expect(held.view().discoveries.map(strip)).toEqual(whole.discoveries.map(strip));
      expect(held.view().discoveries.map(leaderboard)).toEqual(whole.discoveries.map(leaderboard));
    }),
    { numRuns: 150 },
  );
});

it("keeps what is made of lasting events while only live ones come", () => {
  const log = logs.find((l) => l.some((e) => e.type === "tool_call_progress" && e.metadata.ord === undefined));
  if (!log) throw new Error("no log has progress");
  const held = new Log();
  let kept = 0;
  for (const e of log) {
    const before = held.view().discoveries[0];
    held.add(e);
    const after = held.view().discoveries[0];
    if (!before || !after || e.metadata.ord !== undefined) continue;
    if (before.settled !== after.settled) continue; // a new attempt shows nothing of the one before
    kept++;
    expect(leaderboard(after)).toBe(leaderboard(before));
  }
  expect(kept).toBeGreaterThan(0);
});
