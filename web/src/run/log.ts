// The events of one session by id, and what they fold to. What did not change
// keeps its identity, so that a view of one step is drawn again only when that
// step has news.
import type { Event } from "../event/events.gen";
import { comparePlaces, type Place, parseStep } from "../event/id";
import { foldOutside, foldStep, type Item, item, type Outline, type Step } from "./fold";
import { type Made, make } from "./steps";
import { type Discovery, discoveryView } from "./view";

export interface SessionView {
  title: string;
  alias: string;
  ended: string; // the reason; "" while it is open
  discoveries: readonly Discovery[]; // as they were asked
}

/** One step with what came of it. */
interface Part {
  step: string;
  place: Place | undefined;
  items: Item[];
  made: Made | undefined; // undefined while nothing of it is shown
  stale: boolean; // it has news
}

interface Bucket {
  outside: Item[];
  parts: Map<string, Part>;
  outline: Outline;
  told: boolean; // the outline is of all that is outside
  order: Part[] | undefined; // undefined when a new one came
  stale: Part[];
  settled: object; // another one whenever something that lasts is shown otherwise
  view: Discovery | undefined; // of what came so far
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
        parts: new Map(),
        outline: foldOutside([]),
        told: false,
        order: undefined,
        stale: [],
        settled: {},
        view: undefined,
      };
      this.buckets.set(did, b);
    }
    b.view = undefined;
    const step = e.metadata.step;
    if (!step) {
      b.outside.push(item(e));
      b.told = false;
      return;
    }
    let part = b.parts.get(step);
    if (!part) {
      part = { step, place: parseStep(step), items: [], made: undefined, stale: false };
      b.parts.set(step, part);
      b.order = undefined;
    }
    part.items.push(item(e));
    outdate(b, part);
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
    b.order ??= [...b.parts.values()].sort(comparePlaces);
    const made = b.order.flatMap((p) => p.made ?? []);
    b.view = discoveryView(id, b.outline, made, b.settled);
    return b.view;
  }

  /** Folds what has news, so that a later view has less to do. */
  settle(): void {
    for (const b of this.buckets.values()) refold(b);
  }
}

function outdate(b: Bucket, p: Part): void {
  if (p.stale) return;
  p.stale = true;
  b.stale.push(p);
}

/** Folds the steps that have news, or that the outline shows otherwise now. */
function refold(b: Bucket): void {
  if (!b.told) {
    const was = b.outline;
    b.outline = foldOutside(b.outside);
    b.told = true;
    b.settled = {};
    const dropped = b.outline.drops.length !== was.drops.length;
    // The end of a discovery changes only how steps are shown that have not ended.
    for (const p of b.parts.values())
      if (dropped || (b.outline.complete !== was.complete && !p.made?.step.ended)) outdate(b, p);
  }
  for (const p of b.stale) {
    p.stale = false;
    const s = foldStep(p.step, p.items, b.outline.drops, b.outline.complete);
    if (!alike(p.made?.step, s)) b.settled = {};
    p.made = s && make(s);
  }
  b.stale = [];
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
