// Where sockets do not get through (some proxies), the same durable events by
// plain requests. Slower and without live text; the fold is the same.
import { json, Problem } from "../api/client";
import type { DiscoveryRecord } from "../api/types";
import type { Event } from "../event/events.gen";
import { delay } from "./backoff";
import type { Handlers, StreamState } from "./client";

interface Batch {
  events: Event[];
  next: number;
  status: string;
}

const closed = new Set(["completed", "cancelled", "budget_exhausted", "declined", "failed"]);
const lookEvery = 3000;

export class PollStream {
  private readonly stop_ = new AbortController();
  private readonly followed = new Set<string>();
  private failures = 0;
  private phase: StreamState["phase"] = "connecting";
  private since = Date.now();

  constructor(
    private readonly on: Handlers,
    private readonly session: string,
  ) {}

  start(): void {
    void this.look();
  }

  stop(): void {
    this.stop_.abort();
  }

  nudge(): void {}

  moved(): void {}

  private say(phase: StreamState["phase"]): void {
    if (phase !== this.phase) this.since = Date.now();
    this.phase = phase;
    this.on.state({ phase, since: this.since, behind: 0 });
  }

  /** Looks for discoveries of the session, again and again. */
  private async look(): Promise<void> {
    while (!this.stop_.signal.aborted) {
      await this.attempt(async () => {
        const list = await json<{ discoveries: DiscoveryRecord[] }>(`/discoveries?session=${this.session}&limit=200`, {
          signal: this.stop_.signal,
        });
        for (const d of list.discoveries) if (!this.followed.has(d.id)) void this.follow(d.id);
      });
      await pause(lookEvery, this.stop_.signal);
    }
  }

  private async follow(id: string): Promise<void> {
    this.followed.add(id);
    let after = 0;
    for (;;) {
      if (this.stop_.signal.aborted) return;
      const b = await this.attempt(() =>
        json<Batch>(`/discoveries/${id}/events?after=${after}&wait=20&limit=1000`, { signal: this.stop_.signal }),
      );
      if (!b) continue;
      if (b.events.length > 0) this.on.events(b.events);
      after = b.next;
      if (closed.has(b.status) && b.events.length === 0) return;
    }
  }

  private async attempt<T>(f: () => Promise<T>): Promise<T | undefined> {
    try {
      const x = await f();
      this.failures = 0;
      this.say("live");
      return x;
    } catch (err) {
      if (this.stop_.signal.aborted) return undefined;
      if (err instanceof Problem && err.status === 404) {
        this.on.state({ phase: "refused", since: Date.now(), behind: 0, code: 4504 });
        this.stop_.abort();
        return undefined;
      }
      this.say("lost");
      await pause(delay(++this.failures, Math.random), this.stop_.signal);
      return undefined;
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const t = setTimeout(done, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(t);
      done();
    });
  });
}
