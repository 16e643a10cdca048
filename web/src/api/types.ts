// What the REST routes answer: the types of the OpenAPI document
// (`npm run api` writes them), narrowed where the document says "an object".
import type { components, operations } from "./openapi.gen";

type Of = components["schemas"];

export type Mode = Of["Mode"];
export type Agent = Of["Agent"];
export type Me = Of["Me"];
export type Endpoint = Of["Endpoint"];
/** What a model answered to its test. */
export type Probed = operations["testEndpoint"]["responses"][200]["content"]["application/json"];
export type ProblemDocument = Of["Problem"];
export type SessionList = Of["SessionList"];

/** A stored budget has every limit, a requested one those that are given. */
export type Budget = Required<Of["Budget"]>;

export type DiscoveryRecord = Omit<Of["Discovery"], "budget"> & { budget: Budget };
export interface DiscoveryList {
  discoveries: DiscoveryRecord[];
  next: string;
}

export interface Potential {
  name: string;
  version: string;
  checkpoint_sha256: string;
  device: string;
  energy_level: string;
}

export type ReportValue = Omit<Of["Value"], "potential"> & { potential: Potential | null };
export type Lattice = Of["Lattice"];
export type ReportStructure = Of["ReportStructure"];

export interface HullEntry {
  formula: string;
  composition?: Record<string, number>;
  formation_energy_per_atom?: number | null;
  energy_above_hull_per_atom?: number | null;
  on_hull?: boolean;
  source?: string;
}

export type Candidate = Required<Omit<Of["Candidate"], "hull">> & {
  hull: { kind?: string; entries?: unknown; date?: string; competing?: unknown[] } | null;
};

export type ReportCall = Of["Call"];

export type Report = Omit<Of["Report"], "values" | "candidates"> & {
  values: ReportValue[];
  candidates: Candidate[];
};

/** A memory; with how near it is where it was searched for. */
export type Memory = Of["Memory"] & Partial<Pick<Of["MemoryHit"], "similarity" | "score">>;
