import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Event } from "../event/events.gen";
import { fold, Log } from "../run/log";
import { delay } from "./backoff";
import { type Handlers, SessionStream, type StreamState } from "./client";

const fixture = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../internal/event/testdata/fold/whole.json"), "utf8"),
) as { log: Event[] };
const log = fixture.log;

/** A socket whose other end is the test. */
class Socket {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((m: { data: unknown }) => void) | null = null;
  onclose: ((c: { code: number }) => void) | null = null;

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  hear(...frames: unknown[]): void {
    this.onmessage?.({ data: JSON.stringify(frames.length === 1 ? frames[0] : frames) });
  }
  end(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.readyState = 3;
  }
}

function setUp(ticket?: () => Promise<string>) {
  const sockets: Socket[] = [];
  let held = new Log();
  let coming = new Log();
  const states: StreamState[] = [];
  const on: Handlers = {
    events: (list) => {
      for (const e of list) held.add(e);
    },
    snapshot: (part, { first, last }) => {
      if (first) coming = new Log();
      for (const e of part) coming.add(e);
      if (last) held = coming;
    },
    state: (s) => states.push(s),
  };
  const stream = new SessionStream(on, {
    url: "ws://test",
    random: () => 0.5,
    socket: () => {
      const s = new Socket();
      sockets.push(s);
      return s as unknown as WebSocket;
    },
    ...(ticket ? { ticket } : {}),
  });
  const last = () => {
    const s = sockets.at(-1);
    if (!s) throw new Error("no socket was opened");
    return s;
  };
  return { stream, sockets, states, last, view: () => held.view(), phase: () => states.at(-1)?.phase };
}

const ev = (i: number) => ({ t: "ev", q: i + 1, d: log[i] });
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the socket of a session", () => {
  it("joins from the beginning, takes the snapshot, then what is new", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    expect(t.last().sent).toEqual([{ t: "join" }]);
    t.last().hear({ t: "joined", e: "a", q: 3, top: 3, mode: "snapshot" });
    t.last().hear({ t: "snap", e: "a", q: 3, d: log.slice(0, 2), more: true });
    expect(t.view().discoveries).toEqual([]);
    t.last().hear({ t: "snap", e: "a", q: 3, d: [log[2]] });
    for (let i = 3; i < log.length; i++) t.last().hear(ev(i));
    expect(t.view()).toEqual(fold(log));
    expect(t.phase()).toBe("live");
  });

  it("comes back after any cut with the same state as the stored log", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            at: fc.nat(log.length),
            again: fc.nat(3),
            code: fc.constantFrom(1006, 4000, 4009, 4012, 4010),
            reset: fc.boolean(),
          }),
          { maxLength: 6 },
        ),
        async (cuts) => {
          const t = setUp();
          t.stream.start();
          await settle();
          let next = 0;
          for (const cut of [...cuts, { at: log.length, again: 0, code: 0, reset: false }]) {
            t.last().open();
            const joined = t.last().sent.find((f) => f.t === "join");
            const from = typeof joined?.q === "number" && !cut.reset ? joined.q : -1;
            if (from >= 0) {
              expect(from).toBe(next);
              t.last().hear({ t: "joined", e: "a", q: from, top: next, mode: "tail" });
              for (let i = Math.max(0, from - cut.again); i < from; i++) t.last().hear(ev(i)); // known ones again
            } else {
              if (joined?.q !== undefined) t.last().hear({ t: "reset", reason: "epoch" });
              t.last().hear(
                { t: "joined", e: "a", q: next, top: next, mode: "snapshot" },
                { t: "snap", e: "a", q: next, d: log.slice(0, next) },
              );
            }
            const until = Math.max(next, cut.at);
            for (; next < until; next++) t.last().hear(ev(next));
            if (cut.code === 0) break;
            t.last().end(cut.code);
            await vi.advanceTimersByTimeAsync(10_001);
          }
          expect(t.view()).toEqual(fold(log));
          t.stream.stop();
        },
      ),
      { numRuns: 200 },
    );
  });

  it("does not move over a hole: it joins again where it stands", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    t.last().hear({ t: "joined", e: "a", q: 0, top: 0, mode: "tail" }, ev(0), ev(2));
    await settle();
    expect(t.sockets).toHaveLength(2);
    t.last().open();
    expect(t.last().sent[0]).toEqual({ t: "join", e: "a", q: 1 });
  });

  it("keeps what came before a hole, and leaves the rest of the frame to the next join", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    // Two holes in one frame are one reason to join again, at once.
    t.last().hear({ t: "joined", e: "a", q: 0, top: 0, mode: "tail" }, ev(0), ev(2), ev(4));
    await settle();
    expect(t.sockets).toHaveLength(2);
    expect(t.phase()).not.toBe("lost");
    t.last().open();
    expect(t.last().sent[0]).toEqual({ t: "join", e: "a", q: 1 });
    t.last().hear({ t: "joined", e: "a", q: 1, top: 5, mode: "tail" }, ev(1), ev(2), { t: "hb", top: 9 });
    await settle();
    expect(t.view()).toEqual(fold(log.slice(0, 3)));
  });

  it("notices by the heartbeat what nobody sent, answers it, and acknowledges once a second", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    const first = t.last();
    first.open();
    first.hear({ t: "joined", e: "a", q: 0, top: 0, mode: "tail" });
    for (let i = 0; i < 5; i++) first.hear(ev(i));
    await vi.advanceTimersByTimeAsync(1000);
    expect(first.sent.filter((f) => f.t === "ack")).toEqual([{ t: "ack", q: 5 }]);
    first.hear({ t: "hb", top: 5 });
    expect(first.sent.at(-1)).toEqual({ t: "pong" });
    expect(t.sockets).toHaveLength(1);
    first.hear({ t: "hb", top: 6 });
    await settle();
    expect(t.sockets).toHaveLength(2);
  });

  it("gives up a line that says nothing, and goes on where it stood", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    t.last().hear({ t: "joined", e: "a", q: 0, top: 0, mode: "tail" }, ev(0));
    await vi.advanceTimersByTimeAsync(19_000);
    t.last().hear({ t: "hb", top: 1 });
    await vi.advanceTimersByTimeAsync(19_000);
    expect(t.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(t.phase()).toBe("lost");
    await vi.advanceTimersByTimeAsync(500);
    expect(t.sockets).toHaveLength(2);
    t.last().open();
    expect(t.last().sent[0]).toEqual({ t: "join", e: "a", q: 1 });
  });

  it("gives up a handshake that does not end", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    await vi.advanceTimersByTimeAsync(20_500);
    expect(t.sockets).toHaveLength(2);
  });

  it("opens one socket, however often it is nudged while it waits for its ticket", async () => {
    const given: ((ticket: string) => void)[] = [];
    const t = setUp(() => new Promise((done) => given.push(done)));
    t.stream.start();
    given[0]?.("a");
    await settle();
    t.last().open();
    t.last().end(1006);
    t.stream.nudge();
    t.stream.nudge();
    for (const done of given) done("b");
    await settle();
    expect(t.sockets).toHaveLength(2);
  });

  it("joins anew when the network changes", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    t.last().hear({ t: "joined", e: "a", q: 0, top: 0, mode: "tail" }, ev(0));
    t.stream.moved();
    await settle();
    expect(t.sockets).toHaveLength(2);
    t.last().open();
    expect(t.last().sent[0]).toEqual({ t: "join", e: "a", q: 1 });
    t.last().hear({ t: "joined", e: "a", q: 1, top: 1, mode: "tail" });
    t.stream.moved(); // and once more, with nothing heard between
    await settle();
    expect(t.sockets).toHaveLength(3);
    expect(t.states.map((s) => s.phase)).not.toContain("lost");
  });

  it("goes on over an event it cannot read, which keeps its place", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    t.last().hear({ t: "joined", e: "a", q: 0, top: 2, mode: "tail" }, { t: "ev", q: 1, d: { id: 7 } }, ev(1));
    await settle();
    expect(t.sockets).toHaveLength(1);
    expect(t.phase()).toBe("live");
    expect(t.view()).toEqual(fold([log[1] as Event]));
  });

  it("does not spin over a hole that stays", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    const hole = () => {
      t.last().open();
      t.last().hear({ t: "joined", e: "a", q: 0, top: 2, mode: "tail" }, ev(1));
    };
    hole();
    await settle();
    expect(t.sockets).toHaveLength(2);
    hole();
    await settle();
    expect(t.sockets).toHaveLength(2);
    expect(t.phase()).toBe("lost");
  });

  it("does not knock again where it was refused", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    t.last().end(4504);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(t.sockets).toHaveLength(1);
    expect(t.states.at(-1)).toMatchObject({ phase: "refused", code: 4504 });
  });

  it("shows a fresh ticket first, each time", async () => {
    let n = 0;
    const t = setUp(() => Promise.resolve(`ticket ${++n}`));
    t.stream.start();
    await settle();
    t.last().open();
    expect(t.last().sent[0]).toEqual({ t: "auth", ticket: "ticket 1" });
    t.last().end(4001);
    await vi.advanceTimersByTimeAsync(10_001);
    t.last().open();
    expect(t.last().sent[0]).toEqual({ t: "auth", ticket: "ticket 2" });
  });

  it("drops what is not a frame", async () => {
    const t = setUp();
    t.stream.start();
    await settle();
    t.last().open();
    fc.assert(
      fc.property(fc.json(), (text) => {
        t.last().onmessage?.({ data: text });
      }),
    );
    t.last().onmessage?.({ data: "{" });
    expect(t.view().discoveries).toEqual([]);
  });
});

it("waits at random below a bound that doubles to 20 s", () => {
  expect([0, 1, 2, 5, 6, 50].map((n) => delay(n, () => 1))).toEqual([500, 1000, 2000, 16_000, 20_000, 20_000]);
  expect(delay(3, () => 0)).toBe(0);
});
