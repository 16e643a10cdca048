// A step as the page talks about it: a turn of the model, or a call with its
// tasks, structures and energies.
import type { Event, TaskProgress } from "../event/events.gen";
import { parseStep } from "../event/id";
import type { Step } from "./fold";
import type { Call, Energy, MemoryOp, Note, StepView, StructureRef, Task, Turn } from "./model";

/** A step with all that is made of it; made once for each state of the step. */
export interface Made {
  step: Step;
  turn?: Turn;
  call?: Call;
  first: number; // its earliest moment
  memories: readonly MemoryOp[];
}

const none: readonly MemoryOp[] = [];

export function make(step: Step): Made {
  let first = Number.MAX_SAFE_INTEGER;
  let memories: MemoryOp[] | undefined;
  for (const e of step.events) {
    first = Math.min(first, e.timestamp);
    const m = memoryOf(e, step.step);
    if (m) {
      memories ??= [];
      memories.push(m);
    }
  }
  const of = step.step.endsWith(".llm") ? { turn: turnView(step) } : { call: callView(step) };
  return { step, ...of, first, memories: memories ?? none };
}

function stepView(s: Step): StepView {
  // What a tool refused stands with the call's result, in more words.
  const notes: Note[] = s.notes.filter((e) => e.type !== "error" || e.data.error_type !== "tool_failure").map(noteOf);
  return { step: s.step, attempt: s.attempt, gen: s.gen, startedAt: s.events[0]?.timestamp ?? 0, notes };
}

export function noteOf(e: Event): Note {
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
      c.callId = e.data.call_id;
      c.tool = e.data.tool;
      c.server = e.data.server;
      c.arguments = e.data.arguments;
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
  c.tool = x.tool;
  c.server = x.server;
  c.status = x.status as Call["status"];
  c.endedAt = e.timestamp;
  c.durationS = x.duration_s;
  c.cached = x.cached ?? false;
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

export function memoryOf(e: Event, step?: string): MemoryOp | undefined {
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
