// The socket of one session: joins with a cursor, reconnects by itself, and
// hands events on exactly as docs/wire.md promises. It knows nothing of React
// and nothing of what events mean.
import type { Event } from "../event/events.gen";
import { delay, healthyAfter } from "./backoff";
import { decode, type Frame, type Position } from "./frames";

export type Phase = "connecting" | "live" | "catching_up" | "lost" | "refused" | "closed";

export interface StreamState {
  phase: Phase;
  since: number; // when the phase began, in milliseconds
  behind: number; // events still to come while catching up
  code?: number; // of a refusal
}

export interface Handlers {
  /** Events in the order of delivery; applied before the position moves on. */
  events(list: Event[]): void;
  /** A part of a snapshot, which replaces everything held when its last part is there. A first one begins anew: what came of another is nothing. */
  snapshot(part: Event[], at: { first: boolean; last: boolean }): void;
  state(s: StreamState): void;
}

export interface Options {
  url: string;
  /** A single-use ticket where the server wants one; undefined with a cookie or in single mode. */
  ticket?: () => Promise<string | undefined>;
  socket?: (url: string, protocol: string) => WebSocket;
  random?: () => number;
  now?: () => number;
}

const protocol = "crystalyse.v1";
const ackEvery = 1000;
/** The server beats every 15 s; a line that says nothing for longer is dead, whatever the browser still believes. */
const silenceAfter = 20_000;

export class SessionStream {
  private ws: WebSocket | undefined;
  private position: Position | undefined;
  private snapshot: { parts: number } | undefined; // being received
  private top = 0;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private healthy: ReturnType<typeof setTimeout> | undefined;
  private ack: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private round = 0; // of connecting: an older one that comes late is not used
  private rejoined: number | undefined; // the position of the last rejoin; another one there waits
  private stopped = false;
  private current: StreamState;
  private readonly random: () => number;
  private readonly now: () => number;

  constructor(
    private readonly on: Handlers,
    private readonly opt: Options,
  ) {
    this.random = opt.random ?? Math.random;
    this.now = opt.now ?? Date.now;
    this.current = { phase: "connecting", since: this.now(), behind: 0 };
  }

  start(): void {
    this.stopped = false;
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    this.drop();
    this.say("closed");
  }

  /** Tries at once instead of waiting for the next turn: the page is looked at again, or a person asked. */
  nudge(): void {
    if (this.stopped || this.current.phase !== "lost") return;
    clearTimeout(this.retry);
    void this.connect();
  }

  /** The network has changed: the socket may be dead without saying so, so the session is joined anew where it stands. */
  moved(): void {
    if (this.current.phase !== "live" && this.current.phase !== "catching_up") {
      this.nudge();
      return;
    }
    this.say("catching_up");
    void this.connect();
  }

  private say(phase: Phase, behind = 0, code?: number): void {
    const since = phase === this.current.phase ? this.current.since : this.now();
    this.current = { phase, since, behind, ...(code === undefined ? {} : { code }) };
    this.on.state(this.current);
  }

  private async connect(): Promise<void> {
    this.drop();
    const round = ++this.round;
    if (this.current.phase !== "lost") this.say("connecting");
    this.listen();
    let ticket: string | undefined;
    try {
      ticket = await this.opt.ticket?.();
    } catch {
      if (round === this.round && !this.stopped) this.again();
      return;
    }
    if (round !== this.round || this.stopped) return;
    const ws = this.opt.socket ? this.opt.socket(this.opt.url, protocol) : new WebSocket(this.opt.url, protocol);
    this.ws = ws;
    ws.onopen = () => {
      if (ticket) this.send({ t: "auth", ticket });
      this.send({ t: "join", ...(this.position ?? {}) });
    };
    ws.onmessage = (m) => {
      if (this.ws !== ws || typeof m.data !== "string") return;
      this.listen();
      this.take(decode(m.data));
    };
    ws.onclose = (c) => {
      if (this.ws === ws) this.closed(c.code);
    };
  }

  private closed(code: number): void {
    this.drop();
    if (this.stopped) return;
    if (code >= 4500 && code <= 4999) {
      this.say("refused", 0, code);
      return;
    }
    if (code === 4010) this.position = undefined;
    this.again(code === 4000 ? this.random() * 5000 : undefined);
  }

  /** Waits for the next word of the server, from now on. */
  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.drop();
      this.again();
    }, silenceAfter);
  }

  private again(wait = delay(this.failures, this.random)): void {
    this.failures++;
    this.round++;
    this.say("lost");
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.connect(), wait);
  }

  private drop(): void {
    clearTimeout(this.healthy);
    clearTimeout(this.ack);
    clearTimeout(this.silence);
    this.ack = undefined;
    this.snapshot = undefined;
    const ws = this.ws;
    this.ws = undefined;
    ws?.close();
  }

  private send(frame: object): void {
    if (this.ws?.readyState === 1) this.ws.send(JSON.stringify(frame));
  }

  private take(frames: Frame[]): void {
    const fresh: Event[] = [];
    const ws = this.ws;
    for (const f of frames) {
      this.one(f, fresh);
      if (this.ws !== ws) break; // joined anew: the rest comes again
    }
    this.flush(fresh);
    if (this.ws !== ws) return;
    if (this.current.phase === "catching_up" && this.position && !this.snapshot && this.position.q >= this.top)
      this.say("live");
    this.ack ??= setTimeout(() => {
      this.ack = undefined;
      if (this.position) this.send({ t: "ack", q: this.position.q });
    }, ackEvery);
  }

  private flush(fresh: Event[]): void {
    if (fresh.length > 0) this.on.events(fresh.splice(0));
  }

  private one(f: Frame, fresh: Event[]): void {
    switch (f.t) {
      case "joined":
        this.top = f.top;
        clearTimeout(this.healthy);
        this.healthy = setTimeout(() => {
          this.failures = 0;
          this.rejoined = undefined;
        }, healthyAfter);
        if (f.mode === "snapshot") this.snapshot = { parts: 0 };
        else if (!this.position || this.position.e !== f.e) this.position = { e: f.e, q: f.q };
        this.say(f.mode === "snapshot" || f.q < f.top ? "catching_up" : "live", f.top - f.q);
        return;
      case "reset":
        this.snapshot = { parts: 0 };
        this.say("catching_up");
        return;
      case "snap":
        this.flush(fresh);
        this.snapshot ??= { parts: 0 };
        this.on.snapshot(f.d, { first: this.snapshot.parts++ === 0, last: !f.more });
        if (f.more) return;
        this.snapshot = undefined;
        this.position = { e: f.e, q: f.q };
        this.say("live");
        return;
      case "ev":
        this.event(f.q, f.d, fresh);
        return;
      case "lag":
        this.top = f.q + f.behind;
        this.say("catching_up", f.behind);
        return;
      case "hb":
        this.send({ t: "pong" });
        // Nothing is under way and the server knows more: a loss nobody noticed.
        if (this.current.phase === "live" && this.position && f.top > this.position.q) this.rejoin();
        return;
      case "refused":
        return;
    }
  }

  private event(q: number, e: Event | undefined, fresh: Event[]): void {
    if (this.snapshot || !this.position || q <= this.position.q) return;
    if (q !== this.position.q + 1) {
      // A hole: the position stays where all before it is held.
      this.flush(fresh);
      this.rejoin();
      return;
    }
    if (e) fresh.push(e);
    this.position = { e: this.position.e, q };
  }

  /** Joins again at once; a second time at the same place only after a while, or a fault would make it spin. */
  private rejoin(): void {
    this.drop();
    const at = this.position?.q ?? -1;
    if (this.rejoined === at) {
      this.again();
      return;
    }
    this.rejoined = at;
    this.say("catching_up");
    void this.connect();
  }
}
