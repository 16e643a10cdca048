// The log of one open session and its stream, outside of React: events in,
// folded once a frame, readers told what changed.
import { json } from "../api/client";
import type { Event } from "../event/events.gen";
import { type Handlers, SessionStream, type StreamState } from "../stream/client";
import { PollStream } from "../stream/poll";
import { Log, type SessionView } from "./log";
import { asItHappened, Playback } from "./replay";
import { Traces } from "./traces";

export interface Snapshot {
  view: SessionView;
  stream: StreamState;
  size: number;
  version: number;
}

/** Refused upgrades before plain requests are used instead of a socket. */
const socketTries = 3;

export class RunStore {
  readonly traces = new Traces();
  private log = new Log();
  private coming: Log | undefined; // of a snapshot that is not complete
  private stream: SessionStream | PollStream | undefined;
  private state: StreamState = { phase: "connecting", since: Date.now(), behind: 0 };
  private readonly listeners = new Set<() => void>();
  private snap: Snapshot;
  private frame: number | undefined;
  private opened = false;
  private lostBeforeOpen = 0;
  private version = 0;
  private played: Playback | undefined;

  constructor(
    readonly session: string,
    private readonly ticketed: boolean,
  ) {
    this.snap = this.take();
  }

  /** A store of events that are all there: a downloaded run. */
  static of(session: string, events: Iterable<Event>): RunStore {
    const s = new RunStore(session, false);
    for (const e of events) s.add(s.log, e);
    s.state = { phase: "closed", since: Date.now(), behind: 0 };
    s.snap = s.take();
    return s;
  }

  start(): void {
    if (this.stream) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${location.host}/ws/discovery/${this.session}`;
    this.stream = new SessionStream(this.handlers(), { url, ...(this.ticketed ? { ticket } : {}) });
    this.stream.start();
    window.addEventListener("online", this.moved);
    window.addEventListener("offline", this.moved);
    document.addEventListener("visibilitychange", this.nudge);
  }

  stop(): void {
    this.stream?.stop();
    this.stream = undefined;
    window.removeEventListener("online", this.moved);
    window.removeEventListener("offline", this.moved);
    document.removeEventListener("visibilitychange", this.nudge);
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.frame = undefined;
  }

  readonly nudge = (): void => this.stream?.nudge();

  private readonly moved = (): void => this.stream?.moved();

  readonly subscribe = (f: () => void): (() => void) => {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  };

  readonly get = (): Snapshot => this.snap;

  events(): Event[] {
    return this.log.events();
  }

  /** The run for playing back; made anew when events came. */
  playback(): Playback {
    if (this.played?.events.length !== this.log.size) this.played = new Playback(asItHappened(this.log.events()));
    return this.played;
  }

  private handlers(): Handlers {
    return {
      events: (list) => {
        for (const e of list) this.add(this.log, e);
        this.soon();
      },
      snapshot: (part, { first, last }) => {
        const log = first || !this.coming ? new Log() : this.coming;
        for (const e of part) this.add(log, e);
        this.coming = last ? undefined : log;
        if (last) {
          this.log = log;
          this.soon();
        } else log.settle(); // while the rest is on its way
      },
      state: (s) => {
        this.state = s;
        if (s.phase === "live" || s.phase === "catching_up") this.opened = true;
        else if (s.phase === "lost" && !this.opened) this.fallBack();
        this.now();
      },
    };
  }

  private add(log: Log, e: Event): void {
    if (log.add(e)) this.traces.add(e);
  }

  private fallBack(): void {
    if (++this.lostBeforeOpen < socketTries || this.stream instanceof PollStream) return;
    this.stream?.stop();
    this.stream = new PollStream(this.handlers(), this.session);
    this.stream.start();
  }

  /** Once a frame, however many events came; hidden pages get no frames, so a timer stands in. */
  private soon(): void {
    if (this.frame !== undefined) return;
    if (document.hidden) {
      this.now();
      return;
    }
    this.frame = requestAnimationFrame(() => {
      this.frame = undefined;
      this.now();
    });
  }

  private now(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame); // it would tell the same again
    this.frame = undefined;
    this.snap = this.take();
    for (const f of this.listeners) f();
  }

  private take(): Snapshot {
    return { view: this.log.view(), stream: this.state, size: this.log.size, version: ++this.version };
  }
}

async function ticket(): Promise<string> {
  return (await json<{ ticket: string }>("/auth/ticket", { method: "POST" })).ticket;
}
