// Where sockets do not get through (some proxies), the same durable events by
// plain requests. Slower and without live text; the fold is the same.
import { json, Problem } from "../api/client";
import type { Event } from "../event/events.gen";
import { delay } from "./backoff";
import type { Handlers, StreamState } from "./client";

interface Batch {
  events: Event[];
  next: number;
}

const lookEvery = 1500;
const most = 1000;

/** Reads the session's log from its beginning on, again and again: whatever is stored comes, of which discovery ever. */
export class PollStream {
  private readonly stop_ = new AbortController();
  private after = 0;
  private failures = 0;
  private phase: StreamState["phase"] = "connecting";
  private since = Date.now();

  constructor(
    private readonly on: Handlers,
    private readonly session: string,
    private readonly random: () => number = Math.random,
  ) {}

  start(): void {
    void this.follow();
  }

  stop(): void {
    this.stop_.abort();
  }

  nudge(): void {}

  moved(): void {}

  private say(phase: StreamState["phase"], code?: number): void {
    if (phase === this.phase) return;
    this.since = Date.now();
    this.phase = phase;
    this.on.state({ phase, since: this.since, behind: 0, ...(code === undefined ? {} : { code }) });
  }

  private async follow(): Promise<void> {
    const { signal } = this.stop_;
    while (!signal.aborted) await pause(await this.look(signal), signal);
  }

  /** Takes what is new; gives how long to wait before the next look. */
  private async look(signal: AbortSignal): Promise<number> {
    try {
      const path = `/sessions/${this.session}/events?after=${this.after}&limit=${most}`;
      const b = await json<Batch>(path, { signal });
      if (signal.aborted) return 0;
      this.failures = 0;
      if (b.events.length > 0) this.on.events(b.events);
      this.after = b.next; // only now: what could not be taken comes again
      this.say("live");
      return b.events.length < most ? lookEvery : 0;
    } catch (err) {
      if (signal.aborted) return 0;
      if (err instanceof Problem && err.status === 404) {
        this.say("refused", 4504);
        this.stop();
        return 0;
      }
      this.say("lost");
      return delay(++this.failures, this.random);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const over = () => {
      clearTimeout(t);
      signal.removeEventListener("abort", over);
      done();
    };
    const t = setTimeout(over, ms);
    signal.addEventListener("abort", over);
  });
}
