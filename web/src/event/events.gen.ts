// Generated from internal/event by `go generate`; do not edit.

/** Metadata says where an event belongs. Ord is its place in the session's durable log; Epoch and Seq are set only on delivery through the relay. */
export interface Metadata {
  session_id: string;
  discovery_id?: string;
  step?: string;
  attempt?: number;
  ord?: number;
  epoch?: string;
  seq?: number;
}

/** SessionStart opens a session. */
export interface SessionStart {
  title: string;
  alias?: string;
}

/** SessionEnd closes a session to new questions: its user ended it, or nothing happened in it for as long as the operator allows. */
export interface SessionEnd {
  /** user | idle */
  reason: string;
}

/** ReasoningStart says that a language-model turn began. Speaker is the model's name, or the built-in planner's. */
export interface ReasoningStart {
  /** the user's words, on the first turn */
  query?: string;
  turn: number;
  speaker: string;
  provider: string;
}

/** ToolPlan is a tool call the model asked for, before it runs. */
export interface ToolPlan {
  call_id: string;
  tool: string;
}

/** Usage is what one step spent, or a discovery so far. */
export interface Usage {
  tokens_in: number;
  tokens_out: number;
  tool_calls: number;
  wall_s: number;
  /** null without a price */
  cost: number | null;
}

/** ReasoningEnd carries the full text of the turn; updates before it were only its live form. */
export interface ReasoningEnd {
  turn: number;
  text: string;
  finish_reason: string;
  tool_calls: ToolPlan[];
  usage: Usage;
}

/** ToolCallStart says that a tool is being called. */
export interface ToolCallStart {
  call_id: string;
  tool: string;
  server: string;
  arguments: Record<string, unknown>;
  /** what it waits for before it can run */
  waiting?: string;
}

/** Failure is a typed error with what may help. */
export interface Failure {
  code: string;
  message: string;
  field?: string;
  suggestions: string[];
}

/** ToolCallResult carries the outcome of a call. Result is the typed result, or absent when ResultRef names the artifact that holds a large one. */
export interface ToolCallResult {
  call_id: string;
  tool: string;
  server: string;
  /** ok | tool_error | failed | cancelled */
  status: string;
  result?: Record<string, unknown>;
  result_ref?: string;
  error?: Failure;
  duration_s: number;
  cached?: boolean;
  /** <discovery>/<call_id> that computed it */
  reused_from?: string;
  resumed_from_step?: number;
}

/** TaskStart opens a phase or fan-out with a count. */
export interface TaskStart {
  task_id: string;
  /** screening | structure_search | relaxation | waiting | tool */
  task_type: string;
  total_steps: number;
  details: string;
}

/** TaskEnd closes it. */
export interface TaskEnd {
  task_id: string;
  task_type: string;
  total_steps: number;
  completed_steps: number;
  /** completed | failed | cancelled */
  status: string;
  details: string;
}

/** MemoryWrite says that a memory was stored. Memories are named by id in events; content is joined in at delivery, so that forgetting reaches every log. */
export interface MemoryWrite {
  memory_id: string;
  /** working | short_term | long_term */
  memory_type: string;
  content?: string;
}

/** MemoryRead says that a memory was used. */
export interface MemoryRead {
  memory_id: string;
}

/** MemorySearch says what was looked for and what was found. */
export interface MemorySearch {
  query: string;
  memory_ids: string[];
}

/** MemoryConsolidate says that memories were merged into one. */
export interface MemoryConsolidate {
  memory_id: string;
  merged_ids: string[];
}

/** SpaceGroup is a symmetry with the tolerance it was found at. */
export interface SpaceGroup {
  symbol: string;
  number: number;
  /** angstrom */
  symprec: number;
}

/** StructureGenerated announces a structure that a call made. */
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

/** EnergyCalculated announces an energy, with the potential it belongs to. */
export interface EnergyCalculated {
  /** value key */
  key: string;
  /** energy_per_atom, formation_energy_per_atom, ... */
  name: string;
  value: number;
  unit: string;
  structure_id?: string;
  formula?: string;
  potential: string;
  converged: boolean | null;
}

/** ValidationComplete gives the provenance check of the final answer. */
export interface ValidationComplete {
  values_total: number;
  values_resolved: number;
  unsourced: string[];
}

/** DiscoveryStatus announces a change of status. Gen and FromStep tell the fold to drop older generations from that step on. */
export interface DiscoveryStatus {
  status: string;
  /** needs_attention: failure | approval | question */
  reason?: string;
  details?: string;
  gen: number;
  from_step?: string;
  failure?: Failure;
}

/** DiscoveryComplete closes a discovery, whatever its status; a discovery that is tried again (a queued discovery_status) has another one at its next end. */
export interface DiscoveryComplete {
  status: string;
  report_id: string;
  summary: string;
  usage: Usage;
}

/** DiscoveryDeleted says that its user deleted a discovery: viewers drop it. Its earlier events become this one too, so that the session's log has no hole. */
export interface DiscoveryDeleted {
  discovery_id: string;
}

/** ApprovalRequest asks the user to allow a call. */
export interface ApprovalRequest {
  call_id: string;
  tool: string;
  arguments: Record<string, unknown>;
  why: string;
}

/** Question asks the user something that changes the work. */
export interface Question {
  question_id: string;
  text: string;
  options: string[];
  default: string;
}

/** AttemptSuperseded says that a newer attempt of the step has begun: viewers drop what the older ones showed. */
export interface AttemptSuperseded {
  /** the attempt that is over */
  attempt: number;
  reason: string;
}

/** Error is a failure the user should see, with ways on. */
export interface ErrorEvent {
  /** tool_failure, or the code of what broke */
  error_type: string;
  tool_name?: string;
  message: string;
  recovery_suggestions: string[];
}

/** ReasoningUpdate is a piece of the text being written; Offset is its place in characters (Unicode code points), so that a viewer can tell a hole. */
export interface ReasoningUpdate {
  turn: number;
  offset: number;
  content: string;
}

/** ToolCallProgress is a running call's own report. */
export interface ToolCallProgress {
  call_id: string;
  progress: number;
  total: number;
  message: string;
  /** step, fmax, energy, member, ... */
  details: Record<string, number>;
}

/** TaskProgress is how far a task is. */
export interface TaskProgress {
  task_id: string;
  completed_steps: number;
  total_steps: number;
  /** 0..1 */
  progress: number;
  details: string;
}

/** StructureUpdated is one frame of a running relaxation. */
export interface StructureUpdated {
  structure_id: string;
  call_id: string;
  frame: number;
  /** eV/atom */
  energy_per_atom: number;
  /** eV/angstrom */
  fmax: number;
  compact?: string;
}

/** UsageUpdate is what the discovery has spent so far. */
export interface UsageUpdate {
  usage: Usage;
}

/** The envelope of every event. */
export interface Envelope<T extends string, D> {
  id: string;
  /** seconds since 1970, UTC */
  timestamp: number;
  type: T;
  agent_name: string;
  /** the effective mode: creative or rigorous */
  mode: "creative" | "rigorous";
  data: D;
  metadata: Metadata;
}

/** Every event; `switch (e.type)` narrows `e.data`. */
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
  | Envelope<"discovery_deleted", DiscoveryDeleted>
  | Envelope<"approval_request", ApprovalRequest>
  | Envelope<"question", Question>
  | Envelope<"attempt_superseded", AttemptSuperseded>
  | Envelope<"error", ErrorEvent>
  | Envelope<"reasoning_update", ReasoningUpdate>
  | Envelope<"tool_call_progress", ToolCallProgress>
  | Envelope<"task_progress", TaskProgress>
  | Envelope<"structure_updated", StructureUpdated>
  | Envelope<"usage_update", UsageUpdate>;

export type EventType = Event["type"];

/** The types that are stored; the others are lost with the connection. */
export const durable: ReadonlySet<EventType> = new Set<EventType>([
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
  "discovery_deleted",
  "approval_request",
  "question",
  "attempt_superseded",
  "error",
]);
