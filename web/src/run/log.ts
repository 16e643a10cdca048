// The events of one session by id, and what they fold to. What did not change
// keeps its identity, so that a view of one step is drawn again only when that
// step has news.
import type { Event } from "../event/events.gen";
import { compareSteps } from "../event/id";
import { foldOutside, foldStep, type Item, item, type Outline, type Step } from "./fold";
import { type Discovery, discoveryView, prepare } from "./view";

export interface SessionView {
  title: string;
  alias: string;
  ended: string; // the reason; "" while it is open
  discoveries: readonly Discovery[]; // as they were asked
}

interface Bucket {
  outside: Item[];
  steps: Map<string, Item[]>;
  outline: Outline;
  told: boolean; // the outline is of all that is outside
  shown: Map<string, Step>;
  order: string[]; // of the steps; empty when a new one came
  stale: Set<string>; // steps with news
  settled: object; // another one whenever something that lasts is shown otherwise
  view?: Discovery;
}

/** The fold of any set of events. */
export function fold(events: Iterable<Event>): SessionView {
  const log = new Log();
  for (const e of events) log.add(e);
  return log.view();
}

export class Log {
  private readonly seen = new Map<string, Event>();
  private readonly buckets = new Map<string, Bucket>();
  private readonly deleted = new Set<string>();
  private session = { title: "", alias: "", ended: "" };
  private cached: SessionView | undefined;

  get size(): number {
    return this.seen.size;
  }

  /** Adds an event; false when it was known already. */
  add(e: Event): boolean {
    if (this.seen.has(e.id)) return false;
    this.seen.set(e.id, e);
    this.cached = undefined;
    if (e.type === "session_start") this.session = { ...this.session, title: e.data.title, alias: e.data.alias ?? "" };
    else if (e.type === "session_end") this.session = { ...this.session, ended: e.data.reason };
    else if (e.type === "discovery_deleted") this.deleted.add(e.data.discovery_id);
    else if (e.metadata.discovery_id) this.place(e.metadata.discovery_id, e);
    return true;
  }

  private place(did: string, e: Event): void {
    let b = this.buckets.get(did);
    if (!b) {
      b = {
        outside: [],
        steps: new Map(),
        outline: foldOutside([]),
        told: false,
        shown: new Map(),
        order: [],
        stale: new Set(),
        settled: {},
      };
      this.buckets.set(did, b);
    }
    delete b.view;
    const step = e.metadata.step;
    if (!step) {
      b.outside.push(item(e));
      b.told = false;
      return;
    }
    const items = b.steps.get(step);
    if (items) items.push(item(e));
    else {
      b.steps.set(step, [item(e)]);
      b.order = [];
    }
    b.stale.add(step);
  }

  /** All events: durable ones in the order of the log, then live ones. */
  events(): Event[] {
    return [...this.seen.values()].sort((a, b) => rank(a) - rank(b));
  }

  view(): SessionView {
    if (this.cached) return this.cached;
    const kept = [...this.buckets].filter(([id]) => !this.deleted.has(id));
    const discoveries = kept.map(([id, b]) => this.discovery(id, b));
    discoveries.sort((a, b) => (a.id < b.id ? -1 : 1));
    this.cached = { ...this.session, discoveries };
    return this.cached;
  }

  private discovery(id: string, b: Bucket): Discovery {
    if (b.view) return b.view;
    refold(b);
    if (b.order.length === 0) b.order = [...b.steps.keys()].sort(compareSteps);
    const steps = b.order.flatMap((step) => b.shown.get(step) ?? []);
    b.view = discoveryView(id, b.outline, steps, b.settled);
    return b.view;
  }

  /** Folds what has news, so that a later view has less to do. */
  settle(): void {
    for (const b of this.buckets.values()) for (const s of refold(b)) prepare(s);
  }
}

/** Folds the steps that have news, or that the outline shows otherwise now; gives them. */
function refold(b: Bucket): Step[] {
  if (!b.told) {
    const was = b.outline;
    b.outline = foldOutside(b.outside);
    b.told = true;
    b.settled = {};
    const dropped = b.outline.drops.length !== was.drops.length;
    // The end of a discovery changes only how steps are shown that have not ended.
    for (const step of b.steps.keys())
      if (dropped || (b.outline.complete !== was.complete && !b.shown.get(step)?.ended)) b.stale.add(step);
  }
  const fresh: Step[] = [];
  for (const step of b.stale) {
    const s = foldStep(step, b.steps.get(step) ?? [], b.outline.drops, b.outline.complete);
    if (!alike(b.shown.get(step), s)) b.settled = {};
    if (s) fresh.push(s);
    if (s) b.shown.set(step, s);
    else b.shown.delete(step);
  }
  b.stale.clear();
  return fresh;
}

/** Whether what lasts of a step is the same; live text and progress are not looked at. */
function alike(a: Step | undefined, b: Step | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.gen === b.gen &&
    a.attempt === b.attempt &&
    a.ended === b.ended &&
    a.events.length === b.events.length &&
    a.notes.length === b.notes.length
  );
}

function rank(e: Event): number {
  return e.metadata.ord ?? Number.MAX_SAFE_INTEGER;
}
