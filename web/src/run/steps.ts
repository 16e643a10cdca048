// A step as the page talks about it: a turn of the model, or a call with its
// tasks, structures and energies.
import { parseStep } from "../event/id";
import type { Step } from "./fold";
import type { Call, Energy, MemoryOp, Note, StepView, StructureRef, Task, Turn } from "./model";
import { endedTask, energyOf, memoryOf, noteOf, resultOf, startedTask, structureOf } from "./records";

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
    tasks: tasksOf(s),
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
    } else if (e.type === "tool_call_result") Object.assign(c, resultOf(e));
    else if (e.type === "structure_generated") structures.push(structureOf(e, s.step));
    else if (e.type === "energy_calculated") energies.push(energyOf(e, s.step));
  }
  if (c.status === "running" && s.notes.at(-1)?.type === "error") c.status = "failed";
  return c;
}

/** In the order in which they were first heard of. */
function tasksOf(s: Step): Task[] {
  const tasks = new Map<string, Task>();
  for (const e of s.events) {
    if (e.type !== "task_start" && e.type !== "task_end") continue;
    const id = e.data.task_id;
    tasks.set(id, e.type === "task_start" ? startedTask(e, s.live?.tasks.get(id)) : endedTask(e, tasks.get(id)));
  }
  return [...tasks.values()];
}
