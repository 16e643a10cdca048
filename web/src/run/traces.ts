// What live events said of a calculation while this page watched: energy and
// force by step, and its words. Not part of the fold: it is a recording of this
// viewer, for plots, the log and the time left; the stored trajectory replaces it.
import type { Event } from "../event/events.gen";

export interface TracePoint {
  at: number; // seconds
  step: number;
  total: number;
  energy?: number;
  fmax?: number;
  member?: number;
}

/** A line of what a call said of itself. */
export interface Said {
  at: number; // seconds
  text: string;
}

const most = 5000; // of a call
const mostLines = 200;
const nothing: readonly never[] = [];

export class Traces {
  private readonly byStep = new Map<string, TracePoint[]>();
  private readonly said = new Map<string, readonly Said[]>();
  private readonly seen = new Set<string>(); // a snapshot brings again what is known

  add(e: Event): void {
    if (e.type !== "tool_call_progress") return;
    const key = traceKey(e.metadata.discovery_id ?? "", e.data.call_id);
    let points = this.byStep.get(key);
    if (!points) {
      points = [];
      this.byStep.set(key, points);
    }
    if (points.length >= most || this.seen.has(e.id)) return;
    this.seen.add(e.id);
    const x = e.data.details;
    const p: TracePoint = { at: e.timestamp, step: e.data.progress, total: e.data.total };
    if (x.energy !== undefined) p.energy = x.energy;
    if (x.fmax !== undefined) p.fmax = x.fmax;
    if (x.member !== undefined) p.member = x.member;
    points.push(p);
    this.hear(key, { at: e.timestamp, text: e.data.message });
  }

  /** What is said again and again is one line. */
  private hear(key: string, line: Said): void {
    const known = this.said.get(key) ?? nothing;
    if (line.text === "" || known.at(-1)?.text === line.text) return;
    this.said.set(key, [...known.slice(-mostLines + 1), line]);
  }

  /** The words of a call, oldest first; the same list until it says more. */
  wordsOf(discovery: string, call: string): readonly Said[] {
    return this.said.get(traceKey(discovery, call)) ?? nothing;
  }

  of(discovery: string, call: string): readonly TracePoint[] {
    return this.byStep.get(traceKey(discovery, call)) ?? nothing;
  }
}

function traceKey(discovery: string, call: string): string {
  return `${discovery} ${call}`;
}

/** Seconds left, from the calculation's own rate over its latest points; undefined while it cannot be told. */
export function secondsLeft(points: readonly TracePoint[]): number | undefined {
  const last = points.at(-1);
  const first = points[Math.max(0, points.length - 20)];
  if (!last || !first || last.total <= 0 || last.step <= first.step || last.at <= first.at) return undefined;
  return ((last.total - last.step) * (last.at - first.at)) / (last.step - first.step);
}
