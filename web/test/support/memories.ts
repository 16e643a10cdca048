// What is remembered on the stage: what the recorded runs kept, as the API lists it.
import type { Memory } from "../../src/api/types";
import type { Event } from "../../src/event/events.gen";

/** The memories of a recording; working ones have the step before them as their source. */
export function memoriesOf(events: readonly Event[]): Memory[] {
  let step = "";
  return events.flatMap((e) => {
    if (e.type === "reasoning_end" || e.type === "tool_call_result") step = e.metadata.step ?? step;
    if (e.type !== "memory_write") return [];
    const { memory_id: id, memory_type, content = "" } = e.data;
    const discovery_id = e.metadata.discovery_id ?? "";
    const working = memory_type === "working";
    const created_at = new Date(e.timestamp * 1000).toISOString();
    return {
      ...{ id, content, discovery_id, created_at, accessed_at: created_at, session_id: e.metadata.session_id },
      ...{ metadata: {}, pinned: false, relevance_score: 0.8, uses: 1, embedding_model: "bge-small-en-v1.5" },
      type: working ? ("working" as const) : ("short_term" as const),
      source: working ? `${discovery_id}/0/${step}` : `discovery/${discovery_id}/rep_1`,
      context: { potentials: /CHGNet/.test(content) ? ["CHGNet 0.3.0"] : [] },
    };
  });
}

/** As it is when it was found again and again: kept for long, and pinned. */
export function established(m: Memory): Memory {
  return { ...m, type: "long_term", pinned: true };
}
