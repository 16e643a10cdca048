// What one event says, as the page's record of it.
import type { Event, TaskProgress } from "../event/events.gen";
import type { Call, Energy, MemoryOp, Note, StructureRef, Task } from "./model";

export type Of<T extends Event["type"]> = Extract<Event, { type: T }>;

/** Those fields that the event has: null and an empty text say nothing. */
function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  const out: Partial<T> = {};
  for (const k in fields) {
    const v = fields[k];
    if (v !== undefined && v !== null && v !== "") out[k] = v;
  }
  return out;
}

export function noteOf(e: Event): Note {
  if (e.type === "error")
    return { id: e.id, at: e.timestamp, kind: "error", text: e.data.message, suggestions: e.data.recovery_suggestions };
  if (e.type === "attempt_superseded")
    return { id: e.id, at: e.timestamp, kind: "superseded", text: e.data.reason, suggestions: [] };
  return { id: e.id, at: e.timestamp, kind: "error", text: e.type, suggestions: [] };
}

export function resultOf({ data: x, timestamp }: Of<"tool_call_result">): Partial<Call> {
  return {
    tool: x.tool,
    server: x.server,
    status: x.status as Call["status"],
    endedAt: timestamp,
    durationS: x.duration_s,
    cached: x.cached ?? false,
    ...present({
      result: x.result,
      resultRef: x.result_ref,
      error: x.error,
      resumedFromStep: x.resumed_from_step,
    }),
  };
}

export function startedTask({ data: x, timestamp }: Of<"task_start">, live?: TaskProgress): Task {
  return {
    id: x.task_id,
    type: x.task_type,
    about: x.details,
    total: live?.total_steps ?? x.total_steps,
    completed: live?.completed_steps ?? 0,
    details: live?.details ?? "",
    status: "running",
    startedAt: timestamp,
  };
}

export function endedTask({ data: x, timestamp }: Of<"task_end">, started?: Task): Task {
  return {
    id: x.task_id,
    type: x.task_type,
    about: started?.about ?? "",
    total: x.total_steps,
    completed: x.completed_steps,
    details: x.details,
    status: x.status,
    startedAt: started?.startedAt ?? timestamp,
    endedAt: timestamp,
  };
}

export function structureOf({ data: x }: Of<"structure_generated">, step: string): StructureRef {
  return {
    id: x.structure_id,
    step,
    callId: x.call_id,
    formula: x.formula,
    nAtoms: x.n_atoms,
    origin: x.origin,
    spaceGroup: x.space_group,
    ...present({ parentId: x.parent_id, label: x.label }),
  };
}

export function energyOf({ data: x }: Of<"energy_calculated">, step: string): Energy {
  return {
    key: x.key,
    step,
    name: x.name,
    value: x.value,
    unit: x.unit,
    potential: x.potential,
    converged: x.converged,
    ...present({ structureId: x.structure_id, formula: x.formula }),
  };
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
