// Generated from internal/event by tools/eventgen. Do not edit.

export interface Metadata {
  session_id: string;
  discovery_id?: string;
  step?: string;
  attempt?: number;
  ord?: number;
  epoch?: string;
  seq?: number;
}

export interface SessionStart {
  title: string;
  alias?: string;
}

export interface SessionEnd {
  reason: string;
}

export interface ReasoningStart {
  query?: string;
  turn: number;
  speaker: string;
  provider: string;
}

export interface ToolPlan {
  call_id: string;
  tool: string;
}

export interface Usage {
  tokens_in: number;
  tokens_out: number;
  tool_calls: number;
  wall_s: number;
  cost: number | null;
}

export interface ReasoningEnd {
  turn: number;
  text: string;
  finish_reason: string;
  tool_calls: ToolPlan[];
  usage: Usage;
}

export interface ToolCallStart {
  call_id: string;
  tool: string;
  server: string;
  arguments: Record<string, unknown>;
  waiting?: string;
}

export interface Failure {
  code: string;
  message: string;
  field?: string;
  suggestions: string[];
}

export interface ToolCallResult {
  call_id: string;
  tool: string;
  server: string;
  status: string;
  result?: Record<string, unknown>;
  result_ref?: string;
  error?: Failure | null;
  duration_s: number;
  cached?: boolean;
  resumed_from_step?: number | null;
}

export interface TaskStart {
  task_id: string;
  task_type: string;
  total_steps: number;
  details: string;
}

export interface TaskEnd {
  task_id: string;
  task_type: string;
  total_steps: number;
  completed_steps: number;
  status: string;
  details: string;
}

export interface MemoryWrite {
  memory_id: string;
  memory_type: string;
}

export interface MemoryRead {
  memory_id: string;
}

export interface MemorySearch {
  query: string;
  memory_ids: string[];
}

export interface MemoryConsolidate {
  memory_id: string;
  merged_ids: string[];
}

export interface SpaceGroup {
  symbol: string;
  number: number;
  symprec: number;
}

export interface StructureGenerated {
  structure_id: string;
  call_id: string;
  formula: string;
  n_atoms: number;
  origin: string;
  parent_id?: string;
  label?: string;
  space_group: SpaceGroup | null;
}

export interface EnergyCalculated {
  key: string;
  name: string;
  value: number;
  unit: string;
  structure_id?: string;
  formula?: string;
  potential: string;
  converged: boolean | null;
}

export interface ValidationComplete {
  values_total: number;
  values_resolved: number;
  unsourced: string[];
}

export interface DiscoveryStatus {
  status: string;
  reason?: string;
  details?: string;
  gen: number;
  from_step?: string;
  failure?: Failure | null;
}

export interface DiscoveryComplete {
  status: string;
  report_id: string;
  summary: string;
  usage: Usage;
}

export interface ApprovalRequest {
  call_id: string;
  tool: string;
  arguments: Record<string, unknown>;
  why: string;
}

export interface Question {
  question_id: string;
  text: string;
  options: string[];
  default: string;
}

export interface AttemptSuperseded {
  attempt: number;
  reason: string;
}

export interface Error {
  error_type: string;
  tool_name?: string;
  message: string;
  recovery_suggestions: string[];
}

export interface ReasoningUpdate {
  turn: number;
  offset: number;
  content: string;
}

export interface ToolCallProgress {
  call_id: string;
  progress: number;
  total: number;
  message: string;
  details: Record<string, number>;
}

export interface TaskProgress {
  task_id: string;
  completed_steps: number;
  total_steps: number;
  progress: number;
  details: string;
}

export interface StructureUpdated {
  structure_id: string;
  call_id: string;
  frame: number;
  energy_per_atom: number;
  fmax: number;
  compact?: string;
}

export interface UsageUpdate {
  usage: Usage;
}

export interface Envelope<T extends string, D> {
  id: string;
  timestamp: number;
  type: T;
  agent_name: string;
  mode: "creative" | "rigorous";
  data: D;
  metadata: Metadata;
}

export type Event =
  | Envelope<"session_start", SessionStart>
  | Envelope<"session_end", SessionEnd>
  | Envelope<"reasoning_start", ReasoningStart>
  | Envelope<"reasoning_end", ReasoningEnd>
  | Envelope<"tool_call_start", ToolCallStart>
  | Envelope<"tool_call_result", ToolCallResult>
  | Envelope<"task_start", TaskStart>
  | Envelope<"task_end", TaskEnd>
  | Envelope<"memory_write", MemoryWrite>
  | Envelope<"memory_read", MemoryRead>
  | Envelope<"memory_search", MemorySearch>
  | Envelope<"memory_consolidate", MemoryConsolidate>
  | Envelope<"structure_generated", StructureGenerated>
  | Envelope<"energy_calculated", EnergyCalculated>
  | Envelope<"validation_complete", ValidationComplete>
  | Envelope<"discovery_status", DiscoveryStatus>
  | Envelope<"discovery_complete", DiscoveryComplete>
  | Envelope<"approval_request", ApprovalRequest>
  | Envelope<"question", Question>
  | Envelope<"attempt_superseded", AttemptSuperseded>
  | Envelope<"error", Error>
  | Envelope<"reasoning_update", ReasoningUpdate>
  | Envelope<"tool_call_progress", ToolCallProgress>
  | Envelope<"task_progress", TaskProgress>
  | Envelope<"structure_updated", StructureUpdated>
  | Envelope<"usage_update", UsageUpdate>;

export const durable: ReadonlySet<Event["type"]> = new Set([
  "session_start",
  "session_end",
  "reasoning_start",
  "reasoning_end",
  "tool_call_start",
  "tool_call_result",
  "task_start",
  "task_end",
  "memory_write",
  "memory_read",
  "memory_search",
  "memory_consolidate",
  "structure_generated",
  "energy_calculated",
  "validation_complete",
  "discovery_status",
  "discovery_complete",
  "approval_request",
  "question",
  "attempt_superseded",
  "error",
] as const);
