// What the page talks about: a discovery with its turns, calls, structures,
// energies and memories, as view.ts makes them from steps.
import type { Failure, SpaceGroup, StructureUpdated, Usage } from "../event/events.gen";
import type { Live, Outline, Step } from "./fold";

export type Status =
  | "queued"
  | "running"
  | "paused"
  | "needs_attention"
  | "completed"
  | "cancelled"
  | "budget_exhausted"
  | "declined"
  | "failed";

export interface Note {
  id: string;
  at: number;
  kind: "superseded" | "error";
  text: string;
  suggestions: readonly string[];
}

export interface StepView {
  step: string;
  attempt: number;
  gen: number;
  startedAt: number;
  endedAt?: number;
  notes: readonly Note[];
}

export interface Turn extends StepView {
  turn: number;
  query?: string;
  speaker: string;
  provider: string;
  text: string;
  hole: boolean;
  ended: boolean;
  planned: readonly { call_id: string; tool: string }[];
  usage?: Usage;
}

export type CallStatus = "planned" | "running" | "ok" | "tool_error" | "failed" | "cancelled";

export interface Call extends StepView {
  callId: string;
  tool: string;
  server: string;
  arguments: Record<string, unknown>;
  waiting?: string;
  status: CallStatus;
  result?: Record<string, unknown>;
  resultRef?: string;
  error?: Failure;
  durationS?: number;
  cached: boolean;
  resumedFromStep?: number;
  live?: Live;
  tasks: readonly Task[];
  structures: readonly StructureRef[];
  energies: readonly Energy[];
}

export interface Task {
  id: string;
  type: string;
  about: string;
  total: number;
  completed: number;
  details: string;
  status: string;
  startedAt: number;
  endedAt?: number;
}

export interface StructureRef {
  id: string;
  step: string;
  callId: string;
  formula: string;
  nAtoms: number;
  origin: string;
  parentId?: string;
  label?: string;
  spaceGroup: SpaceGroup | null;
}

export interface Energy {
  key: string;
  step: string;
  name: string;
  value: number;
  unit: string;
  structureId?: string;
  formula?: string;
  potential: string;
  converged: boolean | null;
}

export interface Ask {
  kind: "approval" | "question";
  id: string; // call id, or question id
  ord: number;
  tool?: string;
  arguments?: Record<string, unknown>;
  text: string;
  options: readonly string[];
  fallback?: string;
}

export interface MemoryOp {
  id: string;
  step?: string;
  at: number;
  op: "write" | "read" | "search" | "consolidate";
  memoryIds: readonly string[];
  query?: string;
  memoryType?: string;
}

export interface StatusNote {
  id: string;
  ord: number;
  at: number;
  status: Status;
  reason?: string;
  details?: string;
  fromStep?: string;
  failure?: Failure;
}

export interface Discovery {
  id: string;
  outline: Outline;
  steps: readonly Step[];
  mode: "creative" | "rigorous";
  status: Status;
  reason: string;
  query: string;
  speaker: string;
  provider: string;
  startedAt: number;
  endedAt?: number;
  notes: readonly StatusNote[];
  turns: readonly Turn[];
  calls: readonly Call[];
  structures: readonly StructureRef[];
  energies: readonly Energy[];
  relaxing: ReadonlyMap<string, StructureUpdated>; // structures on their way, the newest to begin last
  asks: readonly Ask[]; // those still open
  troubles: readonly Note[]; // errors outside of steps
  memories: readonly MemoryOp[];
  validation?: { total: number; resolved: number; unsourced: readonly string[] };
  complete?: { at: number; reportId: string; summary: string };
  usage: Usage;
  settled: object; // the same object while only live events come: what is made of durable ones is kept by it
}
