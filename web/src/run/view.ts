// From steps to what the page talks about: turns, calls, structures, energies.
// A view of a step is made once for each state of the step.
import type { Event, TaskProgress, Usage } from "../event/events.gen";
import { parseStep } from "../event/id";
import { once } from "../lib/once";
import type { Outline, Step } from "./fold";
import type {
  Ask,
  Call,
  Discovery,
  Energy,
  MemoryOp,
  Note,
  Status,
  StatusNote,
  StepView,
  StructureRef,
  Task,
  Turn,
} from "./model";

export type * from "./model";

const closed: ReadonlySet<string> = new Set(["completed", "cancelled", "budget_exhausted", "declined", "failed"]);

export function isClosed(status: string): boolean {
  return closed.has(status);
}

const turnOf = once(turnView);
const callOf = once(callView);

function isTurn(s: Step): boolean {
  return s.step.endsWith(".llm");
}

/** Makes the view of a step, for whoever asks later. */
export function prepare(s: Step): void {
  if (isTurn(s)) turnOf(s);
  else callOf(s);
  besides(s);
}

/** What a discovery takes of a step besides its view. */
const besides = once((s: Step) => {
  let first = Number.MAX_SAFE_INTEGER;
  let memories: MemoryOp[] | undefined;
  for (const e of s.events) {
    first = Math.min(first, e.timestamp);
    const m = memoryOf(e, s.step);
    if (m) {
      memories ??= [];
      memories.push(m);
    }
  }
  return { first, memories };
});

function stepView(s: Step): StepView {
  // What a tool refused stands with the call's result, in more words.
  const notes: Note[] = s.notes.filter((e) => e.type !== "error" || e.data.error_type !== "tool_failure").map(noteOf);
  return { step: s.step, attempt: s.attempt, gen: s.gen, startedAt: s.events[0]?.timestamp ?? 0, notes };
}

function noteOf(e: Event): Note {
  if (e.type === "error")
    return { id: e.id, at: e.timestamp, kind: "error", text: e.data.message, suggestions: e.data.recovery_suggestions };
  if (e.type === "attempt_superseded")
    return { id: e.id, at: e.timestamp, kind: "superseded", text: e.data.reason, suggestions: [] };
  return { id: e.id, at: e.timestamp, kind: "error", text: e.type, suggestions: [] };
}

function turnView(s: Step): Turn {
  const t: Turn = {
    ...stepView(s),
    turn: parseStep(s.step)?.turn ?? 0,
    speaker: "",
    provider: "",
    text: s.text,
    hole: s.hole,
    ended: s.ended,
    planned: [],
  };
  for (const e of s.events) {
    if (e.type === "reasoning_start") {
      t.speaker = e.data.speaker;
      t.provider = e.data.provider;
      if (e.data.query) t.query = e.data.query;
    } else if (e.type === "reasoning_end") {
      t.planned = e.data.tool_calls;
      t.usage = e.data.usage;
      t.endedAt = e.timestamp;
    }
  }
  return t;
}

function callView(s: Step): Call {
  const tasks = new Map<string, Task>();
  const structures: StructureRef[] = [];
  const energies: Energy[] = [];
  const c: Call = {
    ...stepView(s),
    callId: s.step,
    tool: "",
    server: "",
    arguments: {},
    status: "running",
    cached: false,
    tasks: [],
    structures,
    energies,
  };
  if (s.live) c.live = s.live;
  for (const e of s.events) {
    if (e.type === "tool_call_start") {
      Object.assign(c, {
        callId: e.data.call_id,
        tool: e.data.tool,
        server: e.data.server,
        arguments: e.data.arguments,
      });
      if (e.data.waiting) c.waiting = e.data.waiting;
    } else if (e.type === "tool_call_result") setResult(c, e);
    else if (e.type === "task_start") tasks.set(e.data.task_id, startedTask(e, s.live?.tasks.get(e.data.task_id)));
    else if (e.type === "task_end") {
      const t = tasks.get(e.data.task_id);
      const x = e.data;
      tasks.set(x.task_id, {
        id: x.task_id,
        type: x.task_type,
        about: t?.about ?? "",
        startedAt: t?.startedAt ?? e.timestamp,
        total: x.total_steps,
        completed: x.completed_steps,
        details: x.details,
        status: x.status,
        endedAt: e.timestamp,
      });
    } else if (e.type === "structure_generated") structures.push(structureOf(e, s.step));
    else if (e.type === "energy_calculated") energies.push(energyOf(e, s.step));
  }
  if (c.status === "running" && s.notes.at(-1)?.type === "error") c.status = "failed";
  c.tasks = [...tasks.values()];
  return c;
}

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

function setResult(c: Call, e: Of<"tool_call_result">): void {
  const x = e.data;
  Object.assign(c, {
    tool: x.tool,
    server: x.server,
    status: x.status,
    endedAt: e.timestamp,
    durationS: x.duration_s,
    cached: x.cached ?? false,
  });
  if (x.result) c.result = x.result;
  if (x.result_ref) c.resultRef = x.result_ref;
  if (x.error) c.error = x.error;
  if (x.resumed_from_step !== undefined) c.resumedFromStep = x.resumed_from_step;
}

function startedTask(e: Of<"task_start">, live?: TaskProgress): Task {
  const x = e.data;
  return {
    id: x.task_id,
    type: x.task_type,
    about: x.details,
    total: live?.total_steps ?? x.total_steps,
    completed: live?.completed_steps ?? 0,
    details: live?.details ?? "",
    status: "running",
    startedAt: e.timestamp,
  };
}

function structureOf(e: Of<"structure_generated">, step: string): StructureRef {
  const x = e.data;
  const s: StructureRef = {
    id: x.structure_id,
    step,
    callId: x.call_id,
    formula: x.formula,
    nAtoms: x.n_atoms,
    origin: x.origin,
    spaceGroup: x.space_group,
  };
  if (x.parent_id) s.parentId = x.parent_id;
  if (x.label) s.label = x.label;
  return s;
}

function energyOf(e: Of<"energy_calculated">, step: string): Energy {
  const x = e.data;
  const v: Energy = {
    key: x.key,
    step,
    name: x.name,
    value: x.value,
    unit: x.unit,
    potential: x.potential,
    converged: x.converged,
  };
  if (x.structure_id) v.structureId = x.structure_id;
  if (x.formula) v.formula = x.formula;
  return v;
}

function memoryOf(e: Event, step?: string): MemoryOp | undefined {
  const at = { id: e.id, at: e.timestamp, ...(step ? { step } : {}) };
  switch (e.type) {
    case "memory_write":
      return { ...at, op: "write", memoryIds: [e.data.memory_id], memoryType: e.data.memory_type };
    case "memory_read":
      return { ...at, op: "read", memoryIds: [e.data.memory_id] };
    case "memory_search":
      return { ...at, op: "search", memoryIds: e.data.memory_ids, query: e.data.query };
    case "memory_consolidate":
      return { ...at, op: "consolidate", memoryIds: [e.data.memory_id, ...e.data.merged_ids] };
    default:
      return undefined;
  }
}

export function discoveryView(id: string, outline: Outline, steps: readonly Step[], settled: object): Discovery {
  const turns = steps.filter(isTurn).map((s) => turnOf(s));
  const started = steps.filter((s) => !isTurn(s)).map((s) => callOf(s));
  const calls = outline.complete
    ? started.map((c) => (c.status === "running" ? stopped(c) : c))
    : withPlanned(turns, started);
  const d: Discovery = {
    id,
    outline,
    steps,
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
    memories: memoriesOf(outline, steps),
    usage: { tokens_in: 0, tokens_out: 0, tool_calls: 0, wall_s: 0, cost: null },
    settled,
  };
  readOutside(d);
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

function readOutside(d: Discovery): void {
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
  for (const s of d.steps) first = Math.min(first, besides(s).first);
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

function memoriesOf(outline: Outline, steps: readonly Step[]): MemoryOp[] {
  const out: MemoryOp[] = [];
  for (const e of outline.outside) {
    const m = memoryOf(e);
    if (m) out.push(m);
  }
  for (const s of steps) out.push(...(besides(s).memories ?? []));
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
