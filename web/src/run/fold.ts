// The one fold: what is shown is a pure function of the set of events, in
// whatever order and however often they came. The rules are docs/wire.md ("The
// fold"); internal/event/testdata/fold holds what every fold must reproduce.
import {
  durable,
  type Event,
  type ReasoningUpdate,
  type StructureUpdated,
  type TaskProgress,
  type ToolCallProgress,
  type Usage,
} from "../event/events.gen";
import { compareSteps, type EventId, parseId, parseStep } from "../event/id";

/** An event with its id taken apart. */
export interface Item extends EventId {
  e: Event;
}

export interface Live {
  progress?: ToolCallProgress & { at: number };
  tasks: ReadonlyMap<string, TaskProgress>;
  frames: ReadonlyMap<string, number>; // structure id -> newest frame
  shapes: ReadonlyMap<string, StructureUpdated>; // structure id -> newest frame with atoms
  usage?: Usage;
}

/** One step as shown: one attempt of one generation. */
export interface Step {
  step: string;
  gen: number;
  attempt: number;
  ended: boolean;
  events: readonly Event[]; // its durable events, by ord
  notes: readonly Event[]; // errors and superseded attempts, of any attempt, by ord
  text: string;
  hole: boolean; // a piece of the live text is missing
  live?: Live;
}

/** Generations below gen are gone from a step on. */
export interface Drop {
  gen: number;
  from: string;
}

/** What a discovery shows outside of its steps. */
export interface Outline {
  status: string;
  reason: string;
  gen: number;
  complete: boolean;
  summary: string;
  outside: readonly Event[]; // durable events outside of steps, by ord
  drops: readonly Drop[];
}

export function item(e: Event): Item {
  const id = parseId(e.id);
  return { e, gen: id?.gen ?? 0, attempt: id?.attempt ?? 0, n: id?.n ?? 0 };
}

/** Durable events by ord, then live ones by their place in their attempt. */
function before(a: Item, b: Item): number {
  const x = a.e.metadata.ord ?? 0;
  const y = b.e.metadata.ord ?? 0;
  if (x > 0 && y > 0) return x - y;
  if (x > 0) return -1;
  if (y > 0) return 1;
  return a.attempt - b.attempt || a.n - b.n;
}

/** A copy in order; what comes in order, as all of a stored run does, is not sorted. */
function ordered(items: readonly Item[]): Item[] {
  const list = items.slice();
  return list.every((b, i) => i === 0 || before(list[i - 1] ?? b, b) <= 0) ? list : list.sort(before);
}

export function foldOutside(items: readonly Item[]): Outline {
  const sorted = ordered(items);
  const o = {
    status: "",
    reason: "",
    gen: 0,
    complete: false,
    summary: "",
    outside: sorted.map((i) => i.e),
    drops: [] as Drop[],
  };
  for (const { e } of sorted) {
    if (e.type === "discovery_status") {
      // A closed discovery begins again by queueing; nothing else said after its end counts.
      if (o.complete && e.data.status === "queued") Object.assign(o, { complete: false, summary: "" });
      if (!o.complete) {
        o.status = e.data.status;
        o.reason = e.data.reason ?? "";
      }
      o.gen = Math.max(o.gen, e.data.gen);
      if (e.data.from_step) o.drops.push({ gen: e.data.gen, from: e.data.from_step });
    } else if (e.type === "discovery_complete") {
      Object.assign(o, { status: e.data.status, reason: "", complete: true, summary: e.data.summary });
    }
  }
  return o;
}

/** The step as shown: its newest generation that is not dropped; in it the attempt that ended, or else the newest. */
export function foldStep(
  step: string,
  items: readonly Item[],
  drops: readonly Drop[],
  complete: boolean,
): Step | undefined {
  const kept = drops.length === 0 ? items : without(step, items, drops);
  if (kept.length === 0) return undefined;
  const gen = kept.reduce((m, i) => Math.max(m, i.gen), 0);
  const mine = ordered(kept.every((i) => i.gen === gen) ? kept : kept.filter((i) => i.gen === gen));
  const end = mine.find((i) => i.e.type === "reasoning_end" || i.e.type === "tool_call_result");
  const attempt = end ? end.attempt : mine.reduce((m, i) => Math.max(m, i.attempt), 0);
  const events: Event[] = [];
  const notes: Event[] = [];
  let failed = false;
  for (const { e, attempt: a } of mine) {
    if (e.type === "error" || e.type === "attempt_superseded") {
      notes.push(e);
      failed ||= e.type === "error" && a === attempt;
    } else if (a === attempt && durable.has(e.type)) events.push(e);
  }
  const s: Step = { step, gen, attempt, ended: end !== undefined, events, notes, text: "", hole: false };
  if (end?.e.type === "reasoning_end") s.text = end.e.data.text;
  if (!end && !complete && !failed) addLive(s, mine);
  return s;
}

/** What no later beginning drops. The calls of candidates stand until they are made again: see docs/wire.md. */
function without(step: string, items: readonly Item[], drops: readonly Drop[]): readonly Item[] {
  const place = parseStep(step);
  if (!place) return items;
  const mine = drops.filter(
    (d) => place.candidate === (parseStep(d.from)?.candidate ?? 0) && compareSteps(step, d.from) >= 0,
  );
  return items.filter((i) => !mine.some((d) => i.gen < d.gen));
}

function addLive(s: Step, items: readonly Item[]): void {
  const tasks = new Map<string, TaskProgress>();
  const frames = new Map<string, number>();
  const shapes = new Map<string, StructureUpdated>();
  const pieces: ReasoningUpdate[] = [];
  const live: Live = { tasks, frames, shapes };
  let heard = false;
  for (const { e, attempt } of items) {
    if (attempt !== s.attempt) continue;
    if (e.type === "reasoning_update") pieces.push(e.data);
    else if (e.type === "tool_call_progress") live.progress = { ...e.data, at: e.timestamp };
    else if (e.type === "task_progress") tasks.set(e.data.task_id, e.data);
    else if (e.type === "structure_updated") {
      const x = e.data;
      frames.set(x.structure_id, Math.max(frames.get(x.structure_id) ?? 0, x.frame));
      if (x.compact && x.frame >= (shapes.get(x.structure_id)?.frame ?? 0)) shapes.set(x.structure_id, x);
    } else if (e.type === "usage_update") live.usage = e.data.usage;
    else continue;
    heard = true;
  }
  if (!heard) return;
  s.live = live;
  join(s, pieces);
}

/** Writes the pieces of a live text one after the other. Offsets count code points. */
function join(s: Step, pieces: ReasoningUpdate[]): void {
  let end = 0;
  const parts: string[] = [];
  for (const p of pieces.sort((a, b) => a.offset - b.offset)) {
    if (p.offset > end) s.hole = true;
    parts.push(p.content);
    end = p.offset + points(p.content);
  }
  s.text = parts.join("");
}

function points(s: string): number {
  let n = 0;
  for (const _ of s) n++;
  return n;
}
