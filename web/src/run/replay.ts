// A run played back: what is shown at event k is the fold of the first k events,
// in the order in which they happened.
import type { Event } from "../event/events.gen";
import { Log, type SessionView } from "./log";

/** Durable events in the order of the log, live ones between them by their time. */
export function asItHappened(events: readonly Event[]): Event[] {
  const kept = events.filter((e) => e.metadata.ord !== undefined);
  const live = events.filter((e) => e.metadata.ord === undefined).sort((a, b) => a.timestamp - b.timestamp);
  const out: Event[] = [];
  let next = 0;
  for (const e of kept) {
    for (let l = live[next]; l && l.timestamp < e.timestamp; l = live[++next]) out.push(l);
    out.push(e);
  }
  return out.concat(live.slice(next));
}

/** The first moment at which there is something to see: a question. */
export function firstMoment(events: readonly Event[]): number {
  return events.findIndex((e) => e.type === "reasoning_start") + 1;
}

/** Folds go on from the fold before where the list is the same and k has grown. */
export class Playback {
  private log = new Log();
  private held = 0;

  constructor(readonly events: readonly Event[]) {}

  at(k: number): SessionView {
    if (k < this.held) {
      this.log = new Log();
      this.held = 0;
    }
    for (const e of this.events.slice(this.held, k)) this.log.add(e);
    this.held = Math.min(Math.max(k, 0), this.events.length);
    return this.log.view();
  }
}
