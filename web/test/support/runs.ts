// Runs as files, for states that cannot be had on demand from a healthy stack.
const session = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const discovery = `disc-${session}`;

let ord = 0;

function event(type: string, step: string | undefined, n: number, data: object): object {
  ord++;
  const id = step ? `${discovery}/0/${step}/1/${n}` : `${discovery}/0/w/${n}/0`;
  const metadata = { session_id: session, discovery_id: discovery, ord, ...(step ? { step, attempt: 1 } : {}) };
  return {
    event: { id, timestamp: 1_767_323_045 + ord, type, agent_name: "CrystaLyse", mode: "rigorous", data, metadata },
  };
}

const usage = { tokens_in: 1200, tokens_out: 80, tool_calls: 1, wall_s: 12, cost: null };

/** A discovery that ended in a failure, with a refused call before it. */
export function failedRun(): string {
  ord = 0;
  const query = "Relax LiFePO4 with a potential that is not installed";
  const failure = {
    code: "unavailable",
    message: "SevenNet has no weights here",
    suggestions: ["crystalyse doctor --install sevennet", "continue with CHGNet"],
  };
  const lines = [
    { kind: "crystalyse-run", version: 1, session },
    event("discovery_status", undefined, 1, { status: "running", gen: 0 }),
    event("reasoning_start", "t1.llm", 0, { turn: 1, query, speaker: "model", provider: "test" }),
    event("reasoning_end", "t1.llm", 1, {
      turn: 1,
      text: "I relax it.",
      finish_reason: "tool_calls",
      tool_calls: [{ call_id: "t1.tool1", tool: "relax_structure" }],
      usage,
    }),
    event("tool_call_start", "t1.tool1", 0, {
      call_id: "t1.tool1",
      tool: "relax_structure",
      server: "mace",
      arguments: { formula: "LiFePO4", potential: "sevennet" },
    }),
    event("tool_call_result", "t1.tool1", 1, {
      call_id: "t1.tool1",
      tool: "relax_structure",
      server: "mace",
      status: "failed",
      error: failure,
      duration_s: 0.4,
    }),
    event("discovery_complete", undefined, 2, { status: "failed", report_id: "rep_1", summary: "", usage }),
    {
      report: {
        discovery_id: discovery,
        session_id: session,
        parent_id: "",
        query,
        mode: "rigorous",
        status: "failed",
        details: failure.message,
        agent: { name: "CrystaLyse", model: "model", provider: "test", prompt_sha256: "0" },
        assumptions: [],
        started_at: null,
        ended_at: "2026-01-02T03:04:05Z",
        compositions: [],
        summary: "No structure was relaxed: ~~-3.2 eV/atom~~ ⚠ unsourced.",
        values: [],
        structures: [],
        candidates: [],
        validation: { values_total: 0, values_resolved: 0, unsourced: ["-3.2 eV/atom"] },
        calls: [],
        memories_used: [],
        usage,
      },
    },
  ];
  return lines.map((l) => JSON.stringify(l)).join("\n");
}
