// From steps to a discovery: its turns, calls, structures, energies, what it asks.
import type { Usage } from "../event/events.gen";
import { once } from "../lib/once";
import type { Outline } from "./fold";
import type { Ask, Call, Discovery, MemoryOp, Status, StatusNote, Turn } from "./model";
import { memoryOf, noteOf } from "./records";
import type { Made } from "./steps";

export type * from "./model";

const closed: ReadonlySet<string> = new Set(["completed", "cancelled", "budget_exhausted", "declined", "failed"]);

export function isClosed(status: string): boolean {
  return closed.has(status);
}

export function discoveryView(id: string, outline: Outline, made: readonly Made[], settled: object): Discovery {
  const turns = made.flatMap((m) => m.turn ?? []);
  const started = made.flatMap((m) => m.call ?? []);
  const calls = outline.complete
    ? started.map((c) => (c.status === "running" ? stopped(c) : c))
    : withPlanned(turns, started);
  const d: Discovery = {
    id,
    outline,
    steps: made.map((m) => m.step),
    mode: "creative",
    status: (outline.status || "queued") as Status,
    reason: outline.reason,
    query: turns.find((t) => t.query)?.query ?? "",
    speaker: turns.at(-1)?.speaker ?? "",
    provider: turns.at(-1)?.provider ?? "",
    startedAt: 0,
    notes: [],
    turns,
    calls,
    structures: calls.flatMap((c) => c.structures),
    energies: calls.flatMap((c) => c.energies),
    relaxing: new Map(calls.flatMap((c) => [...(c.live?.shapes ?? [])])),
    asks: [],
    troubles: outline.outside.filter((e) => e.type === "error").map(noteOf),
    memories: memoriesOf(outline, made),
    usage: { tokens_in: 0, tokens_out: 0, tool_calls: 0, wall_s: 0, cost: null },
    settled,
  };
  readOutside(d, made);
  d.asks = openAsks(d);
  if (!d.complete) d.usage = spent(d);
  return d;
}

/** Nothing runs in a closed discovery: what had not ended was stopped with it. */
const stopped = once((c: Call): Call => ({ ...c, status: "cancelled" }));

/** Calls that a turn asked for and that have not begun. */
function withPlanned(turns: readonly Turn[], calls: readonly Call[]): Call[] {
  const known = new Set(calls.map((c) => c.callId));
  const out = [...calls];
  for (const t of turns)
    for (const p of t.planned)
      if (!known.has(p.call_id))
        out.push({
          step: p.call_id,
          attempt: 0,
          gen: t.gen,
          startedAt: 0,
          notes: [],
          callId: p.call_id,
          tool: p.tool,
          server: "",
          arguments: {},
          status: "planned",
          cached: false,
          tasks: [],
          structures: [],
          energies: [],
        });
  return out;
}

/** Takes back the end of a discovery that is tried again. */
function open(d: Discovery): void {
  delete d.complete;
  delete d.endedAt;
  delete d.validation;
}

function readOutside(d: Discovery, made: readonly Made[]): void {
  const notes: StatusNote[] = [];
  let first = Number.MAX_SAFE_INTEGER;
  for (const e of d.outline.outside) {
    first = Math.min(first, e.timestamp);
    d.mode = e.mode;
    if (e.type === "discovery_status") {
      const x = e.data;
      const n: StatusNote = { id: e.id, ord: e.metadata.ord ?? 0, at: e.timestamp, status: x.status as Status };
      if (x.reason) n.reason = x.reason;
      if (x.details) n.details = x.details;
      if (x.from_step) n.fromStep = x.from_step;
      if (x.failure) n.failure = x.failure;
      notes.push(n);
      if (d.complete && x.status === "queued") open(d);
    } else if (e.type === "validation_complete") {
      d.validation = { total: e.data.values_total, resolved: e.data.values_resolved, unsourced: e.data.unsourced };
    } else if (e.type === "discovery_complete") {
      d.complete = { at: e.timestamp, reportId: e.data.report_id, summary: e.data.summary };
      d.endedAt = e.timestamp;
      d.usage = e.data.usage;
    }
  }
  for (const m of made) first = Math.min(first, m.first);
  d.startedAt = first === Number.MAX_SAFE_INTEGER ? 0 : first;
  d.notes = notes;
}

/** Approvals and questions that nothing answered yet: a later status that does not wait ends them. */
function openAsks(d: Discovery): Ask[] {
  if (d.status !== "needs_attention") return [];
  const answered = Math.max(0, ...d.notes.filter((n) => n.status !== "needs_attention").map((n) => n.ord));
  const asks: Ask[] = [];
  const all = [...d.outline.outside, ...d.steps.flatMap((s) => s.events)];
  for (const e of all) {
    const ord = e.metadata.ord ?? 0;
    if (e.type === "approval_request" && ord > answered)
      asks.push({
        kind: "approval",
        id: e.data.call_id,
        ord,
        tool: e.data.tool,
        arguments: e.data.arguments,
        text: e.data.why,
        options: [],
      });
    if (e.type === "question" && ord > answered)
      asks.push({
        kind: "question",
        id: e.data.question_id,
        ord,
        text: e.data.text,
        options: e.data.options,
        fallback: e.data.default,
      });
  }
  return asks.sort((a, b) => a.ord - b.ord);
}

function memoriesOf(outline: Outline, made: readonly Made[]): MemoryOp[] {
  const out: MemoryOp[] = [];
  for (const e of outline.outside) {
    const m = memoryOf(e);
    if (m) out.push(m);
  }
  for (const m of made) out.push(...m.memories);
  return out;
}

/** What was spent so far: the server's own count where it came, else the sum of the steps. */
function spent(d: Discovery): Usage {
  const sum: Usage = { tokens_in: 0, tokens_out: 0, tool_calls: 0, wall_s: 0, cost: null };
  for (const t of d.turns) {
    if (!t.usage) continue;
    sum.tokens_in += t.usage.tokens_in;
    sum.tokens_out += t.usage.tokens_out;
    if (t.usage.cost !== null) sum.cost = (sum.cost ?? 0) + t.usage.cost;
  }
  sum.tool_calls = d.calls.filter((c) => c.status !== "planned" && c.status !== "running").length;
  const live = d.steps.findLast((s) => s.live?.usage)?.live?.usage;
  return live && live.tokens_in >= sum.tokens_in ? live : sum;
}
