import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { durable, type Event } from "../event/events.gen";
import type { Step } from "./fold";
import { fold, Log, type SessionView } from "./log";
import type { Discovery } from "./view";

// What every fold must reproduce; written by the reference in Go.
const dir = resolve(import.meta.dirname, "../../../internal/event/testdata/fold");

interface Fixture {
  name: string;
  log: Event[];
  deliveries: number[][];
  expected: unknown;
}

const fixtures = readdirSync(dir)
  .filter((f) => f.endsWith(".json"))
  .map((f) => JSON.parse(readFileSync(`${dir}/${f}`, "utf8")) as Fixture);

function deliver(f: Fixture, order: readonly number[]): SessionView {
  return fold(order.map((i) => at(f.log, i)));
}

function at<T>(list: readonly T[], i: number): T {
  const x = list[i];
  if (x === undefined) throw new Error(`no item ${i}`);
  return x;
}

/** A state in the one spelling of the reference. */
function spelled(v: SessionView): unknown {
  return {
    session: { title: v.title, alias: v.alias, ended: v.ended },
    discoveries: v.discoveries.map((d: Discovery) => ({
      id: d.id,
      status: d.outline.status,
      reason: d.outline.reason,
      gen: d.outline.gen,
      complete: d.outline.complete,
      summary: d.outline.summary,
      steps: d.steps.map(spelledStep),
      outside: d.outline.outside.map((e) => e.id),
    })),
  };
}

function spelledStep(s: Step): unknown {
  let live: unknown = null;
  if (s.live) {
    const { at: _, ...progress } = s.live.progress ?? { at: 0 };
    live = {
      progress: s.live.progress ? progress : null,
      tasks: Object.fromEntries(s.live.tasks),
      frames: Object.fromEntries(s.live.frames),
      usage: s.live.usage ?? null,
    };
  }
  return {
    step: s.step,
    gen: s.gen,
    attempt: s.attempt,
    ended: s.ended,
    events: s.events.map((e) => e.id),
    notes: s.notes.map((e) => e.id),
    text: s.text,
    hole: s.hole,
    live,
  };
}

describe.each(fixtures.map((f) => [f.name, f] as const))("%s", (_, f) => {
  it("is the reference's state after each of its deliveries", () => {
    for (const order of f.deliveries) expect(spelled(deliver(f, order))).toEqual(f.expected);
  });

  it("does not depend on order, repeats or pieces", () => {
    const whole = f.log.map((_, i) => i);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(whole, { minLength: whole.length }),
        fc.array(fc.nat(whole.length - 1), { maxLength: 30 }),
        fc.array(fc.nat(whole.length), { maxLength: 4 }),
        (order, again, cuts) => {
          // Views are taken in between, as a page does; they must not disturb the fold.
          const log = new Log();
          for (const [n, i] of [...again, ...order, ...again].entries()) {
            log.add(at(f.log, i));
            if (cuts.includes(n)) log.view();
          }
          expect(spelled(log.view())).toEqual(f.expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is the same from the stored events alone once nothing runs", () => {
    if (!f.log.every((e) => e.type !== "discovery_complete")) {
      const open = fold(f.log).discoveries.some((d) => !d.complete);
      if (!open) expect(spelled(fold(f.log.filter((e) => durable.has(e.type))))).toEqual(f.expected);
    }
  });

  it("at event k is the fold of the first k, whatever came before", () => {
    fc.assert(
      fc.property(fc.nat(f.log.length), fc.nat(f.log.length), (k, j) => {
        const log = new Log();
        for (const e of f.log.slice(0, Math.min(j, k))) log.add(e);
        log.view();
        for (const e of f.log.slice(0, k)) log.add(e);
        expect(spelled(log.view())).toEqual(spelled(fold(f.log.slice(0, k))));
      }),
      { numRuns: 60 },
    );
  });
});

it("keeps what did not change, so that it is not drawn again", () => {
  const f = fixtures.find((x) => x.name === "whole");
  if (!f) throw new Error("the fixture `whole` is missing");
  const log = new Log();
  const half = Math.floor(f.log.length / 2);
  for (const e of f.log.slice(0, half)) log.add(e);
  const before = log.view().discoveries[0];
  const next =
    f.log.slice(half).find((e) => e.metadata.step && e.metadata.step !== "t1.llm" && !durable.has(e.type)) ??
    at(f.log, half);
  log.add(next);
  const after = log.view().discoveries[0];
  expect(after).not.toBe(before);
  expect(after?.turns[0]).toBe(before?.turns[0]);
});

it("keeps the newest atoms of each structure that is being relaxed, until its call has ended", () => {
  const meta = { discovery_id: "disc-1", step: "t2.tool1" };
  const of = (n: number, type: string, data: unknown, ord?: number) =>
    ({
      id: `0.1.${n}`,
      type,
      session_id: "s",
      timestamp: n,
      mode: "creative",
      data,
      metadata: ord ? { ...meta, ord } : meta,
    }) as unknown as Event;
  const frame = (n: number, id: string, step: number, compact?: string) =>
    of(n, "structure_updated", {
      structure_id: id,
      call_id: "t2.tool1",
      frame: step,
      energy_per_atom: -step,
      fmax: 1,
      ...(compact ? { compact } : {}),
    });
  const log = new Log();
  for (const e of [frame(3, "a", 8, "A8"), frame(2, "b", 1, "B1"), frame(1, "a", 4, "A4"), frame(4, "a", 9)])
    log.add(e);
  const now = log.view().discoveries[0]?.relaxing;
  expect([...(now ?? [])].map(([id, s]) => [id, s.compact])).toEqual([
    ["a", "A8"],
    ["b", "B1"],
  ]);
  log.add(
    of(5, "tool_call_result", { call_id: "t2.tool1", tool: "relax_structures", server: "mace", status: "ok" }, 7),
  );
  expect(log.view().discoveries[0]?.relaxing.size).toBe(0);
});

it("knows no fewer stories than the reference tells", () => {
  expect(fixtures.length).toBeGreaterThanOrEqual(9);
});
