import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Event } from "../event/events.gen";
import { Log } from "../run/log";
import type { StreamState } from "./client";
import { PollStream } from "./poll";

const did = "disc-01ARZ3NDEKTSV4RRFFQ69G5FAV";
const usage = { tokens_in: 0, tokens_out: 0, tool_calls: 0, wall_s: 0, cost: null };

/** A server with the stored log of one session. */
function server() {
  const log: Event[] = [];
  let answer = 200;
  let asked = 0;
  const tell = (type: string, data: object, discovery: string | undefined = did): void => {
    const ord = log.length + 1;
    const metadata = { session_id: "s", ord, ...(discovery ? { discovery_id: discovery } : {}) };
    const id = `${discovery ?? "s"}/0/w/${ord}/0`;
    log.push({
      id,
      timestamp: ord,
      type,
      agent_name: "CrystaLyse",
      mode: "creative",
      data,
      metadata,
    } as unknown as Event);
  };
  vi.stubGlobal("fetch", (url: string) => {
    asked++;
    const u = new URL(url, "http://test");
    if (answer !== 200)
      return Promise.resolve(Response.json({ status: answer, code: "x", detail: "no" }, { status: answer }));
    if (u.pathname !== "/api/v1/sessions/s/events") return Promise.resolve(Response.json({}, { status: 404 }));
    const after = Number(u.searchParams.get("after"));
    const events = log.slice(after, after + Number(u.searchParams.get("limit")));
    return Promise.resolve(Response.json({ events, next: after + events.length }));
  });
  return {
    tell,
    status: (status: string) => tell("discovery_status", { status, gen: 0 }),
    end: (status: string) => tell("discovery_complete", { status, report_id: "r", summary: "", usage }),
    answers: (status: number) => {
      answer = status;
    },
    asked: () => asked,
  };
}

function follow() {
  const log = new Log();
  const states: StreamState[] = [];
  let given = 0;
  const stream = new PollStream(
    {
      events: (list) => {
        given += list.length;
        for (const e of list) log.add(e);
      },
      snapshot: () => {
        throw new Error("nothing is replaced");
      },
      state: (s) => states.push(s),
    },
    "s",
    () => 0.5,
  );
  stream.start();
  return {
    stream,
    view: () => log.view(),
    phase: () => states.at(-1)?.phase,
    code: () => states.at(-1)?.code,
    given: () => given,
  };
}

const later = () => vi.advanceTimersByTimeAsync(60_000);

describe("a session by plain requests", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("follows a discovery that was closed and is tried again, and one asked later", async () => {
    const s = server();
    s.status("running");
    s.end("failed");
    const f = follow();
    await later();
    expect(f.view().discoveries).toMatchObject([{ id: did, status: "failed" }]);
    s.status("queued");
    s.status("running");
    await later();
    expect(f.view().discoveries).toMatchObject([{ status: "running" }]);
    s.end("completed");
    s.tell("discovery_status", { status: "queued", gen: 0 }, "disc-01ARZ3NDEKTSV4RRFFQ69G5FAW");
    s.tell("session_end", { reason: "user" }, "");
    await later();
    expect(f.view()).toMatchObject({ ended: "user", discoveries: [{ status: "completed" }, { status: "queued" }] });
    expect(f.given()).toBe(7);
    f.stream.stop();
  });

  it("reads a long log without waiting, and nothing twice", async () => {
    const s = server();
    for (let i = 0; i < 2500; i++) s.status("running");
    const f = follow();
    await vi.advanceTimersByTimeAsync(10);
    expect(f.given()).toBe(2500);
    await later();
    expect(f.given()).toBe(2500);
    f.stream.stop();
    const asked = s.asked();
    await later();
    expect(s.asked()).toBe(asked);
  });

  it("waits for a server that is away, and goes on where it was", async () => {
    const s = server();
    s.status("running");
    const f = follow();
    await later();
    s.answers(503);
    await later();
    expect(f.phase()).toBe("lost");
    s.end("completed");
    s.answers(200);
    await later();
    expect(f.phase()).toBe("live");
    expect(f.view().discoveries).toMatchObject([{ status: "completed" }]);
    expect(f.given()).toBe(2);
    f.stream.stop();
  });

  it("ends where the session is not there any more, not where a discovery is not", async () => {
    const s = server();
    s.status("running");
    s.tell("discovery_deleted", { discovery_id: did }, "");
    const f = follow();
    await later();
    expect(f.phase()).toBe("live");
    expect(f.view().discoveries).toEqual([]);
    s.answers(404);
    await later();
    expect(f.phase()).toBe("refused");
    expect(f.code()).toBe(4504);
    const asked = s.asked();
    await later();
    expect(s.asked()).toBe(asked);
  });
});
