// Where memories come from and which a discovery was given.
import type { Memory } from "../api/types";
import { parseStep } from "../event/id";
import type { Discovery, MemoryOp } from "./model";

export interface Place {
  discovery?: string;
  step?: string;
}

/**
 * The discovery and the step that made a memory. A step's memory names it as its
 * source (`disc-…/0/t1.tool1`); one that is about calls names those; the digest
 * of a discovery belongs to its end, no step of it.
 */
export function placeOf(m: Pick<Memory, "source" | "discovery_id" | "context">): Place {
  const [first, , step] = m.source.split("/");
  if (first?.startsWith("disc-") && step && parseStep(step)) return { discovery: first, step };
  const [of, call] = m.context.calls?.length === 1 ? (m.context.calls[0]?.split("/") ?? []) : [];
  if (of && call && parseStep(call)) return { discovery: of, step: call };
  return m.discovery_id ? { discovery: m.discovery_id } : {};
}

/** The memories of earlier work that a discovery began with. */
export function givenAtFirst(d: Pick<Discovery, "memories">): MemoryOp | undefined {
  return d.memories.find((o) => o.op === "search" && o.memoryIds.length > 0 && (!o.step || o.step === "t1.llm"));
}
