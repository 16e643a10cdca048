// What the REST routes answer, as far as the page reads it.
import type { Usage } from "../event/events.gen";

export type Mode = "creative" | "rigorous" | "auto";

export interface Budget {
  wall_s: number;
  tokens: number;
  tool_calls: number;
  cost: number | null;
}

export interface SessionRecord {
  id: string;
  alias?: string;
  title: string;
  created_at: string;
  ended_at: string | null;
}

export interface Agent {
  name: string;
  model: string;
  provider: string;
  prompt_sha256: string;
}

export interface DiscoveryRecord {
  id: string;
  session_id: string;
  parent_id?: string;
  query: string;
  mode: Mode;
  status: string;
  reason?: string;
  details?: string;
  budget: Budget;
  usage: Usage;
  agent: Agent;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
}

export interface Potential {
  name: string;
  version: string;
  checkpoint_sha256: string;
  device: string;
  energy_level: string;
}

export interface ReportValue {
  key: string;
  name: string;
  value: number | boolean;
  unit: string;
  call_id: string;
  tool: string;
  field: string;
  potential: Potential | null;
  structure_id: string;
  formula: string;
  converged: boolean | null;
  expression: string;
  inputs: string[];
}

export interface Lattice {
  a: number;
  b: number;
  c: number;
  alpha: number;
  beta: number;
  gamma: number;
  volume: number;
}

export interface ReportStructure {
  id: string;
  formula: string;
  n_atoms: number;
  lattice: Lattice;
  conventional: { lattice: Lattice; n_atoms: number } | null;
  space_group: { symbol: string; number: number; symprec: number } | null;
  origin: string;
  label?: string;
  parent_id: string;
}

export interface HullEntry {
  formula: string;
  composition?: Record<string, number>;
  formation_energy_per_atom?: number | null;
  energy_above_hull_per_atom?: number | null;
  on_hull?: boolean;
  source?: string;
}

export interface Candidate {
  formula: string;
  structure_ids: string[];
  tried: number;
  best_structure_id: string;
  energy_per_atom: number | null;
  formation_energy_per_atom: number | null;
  energy_above_hull_per_atom: number | null;
  decomposition: string[];
  verdict: string;
  threshold: number | null;
  model_error: number | null;
  hull: { kind?: string; entries?: unknown; date?: string; competing?: unknown[] } | null;
}

export interface ReportCall {
  id: string;
  tool: string;
  server: string;
  tool_version: string;
  arguments: Record<string, unknown>;
  status: string;
  attempts: number;
  resumed_from_step: number | null;
  started_at: string;
  duration_s: number;
}

export interface Report {
  discovery_id: string;
  session_id: string;
  parent_id: string;
  query: string;
  mode: Mode;
  status: string;
  details?: string;
  agent: Agent;
  assumptions: string[];
  started_at: string | null;
  ended_at: string;
  compositions: {
    formula: string;
    valid: boolean | null;
    applicable: boolean;
    oxidation_states: Record<string, unknown>;
    assignment?: string;
    mixed_valence: boolean;
    reason?: string;
    call_id: string;
  }[];
  summary: string;
  summary_cited?: string;
  values: ReportValue[];
  structures: ReportStructure[];
  candidates: Candidate[];
  validation: { values_total: number; values_resolved: number; unsourced: string[] };
  calls: ReportCall[];
  memories_used: string[];
  usage: Usage;
}

export interface Memory {
  id: string;
  type: "working" | "short_term" | "long_term";
  content: string;
  metadata?: Record<string, unknown>;
  similarity?: number;
  score?: number;
  pinned?: boolean;
  created_at: string;
  session_id?: string;
  discovery_id?: string;
  step?: string;
}

export interface Me {
  user_id: string;
  auth: "single" | "jwt";
  csrf?: string;
}

export interface Pending {
  kind: "approval" | "question" | "failure";
  [key: string]: unknown;
}
