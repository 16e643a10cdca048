// A run of as many events as are asked for, as a screening makes them.
import type { Event } from "../../src/event/events.gen";
import { sessionOf } from "./plays";
import type { Play } from "./stage";

const tools = 4; // calls a turn
const made = 3; // structures a call

export function longRun(size: number): Play {
  const session = sessionOf("long");
  const did = `disc-${session}`;
  const events: Event[] = [];
  const put = (type: string, step: string | undefined, data: object) => {
    const n = events.length;
    const id = step ? `${did}/0/${step}/1/${n}` : `${did}/0/w/made.${n}/0`;
    const metadata = { session_id: session, discovery_id: did, ord: n + 1, ...(step ? { step, attempt: 1 } : {}) };
    const e = {
      id,
      timestamp: 1_767_323_045 + n / 10,
      type,
      agent_name: "CrystaLyse",
      mode: "creative",
      data,
      metadata,
    };
    events.push(e as unknown as Event);
  };
  const usage = { tokens_in: 900, tokens_out: 70, tool_calls: tools, wall_s: 0, cost: null };
  put("discovery_status", undefined, { status: "running", gen: 0 });
  for (let t = 1; events.length < size - 1; t++) {
    const query = t === 1 ? { query: "Screen the oxides of sodium and iron" } : {};
    put("reasoning_start", `t${t}.llm`, { turn: t, speaker: "a model", provider: "lab", ...query });
    const calls = Array.from({ length: tools }, (_, c) => ({ call_id: `t${t}.tool${c + 1}`, tool: "relax_structure" }));
    const text = `Round ${t}: I relax the next compositions and keep those that lie near the hull.`;
    put("reasoning_end", `t${t}.llm`, { turn: t, text, finish_reason: "tool_calls", tool_calls: calls, usage });
    for (const c of calls) {
      put("tool_call_start", c.call_id, { ...c, server: "mace", arguments: { structure_id: `st_${t}`, fmax: 0.05 } });
      for (let s = 0; s < made; s++) {
        const structure_id = `st_${String(events.length).padStart(26, "0")}`;
        const formula = `Na${(t % 5) + 1}Fe${(s % 3) + 1}O${(t % 7) + 2}`;
        put("structure_generated", c.call_id, {
          structure_id,
          call_id: c.call_id,
          formula,
          n_atoms: 12,
          origin: "relaxed",
          space_group: { symbol: "C2/m", number: 12, symprec: 0.01 },
        });
        const key = `${c.call_id}.items.${s}.energy_per_atom`;
        put("energy_calculated", c.call_id, {
          key,
          name: "energy_per_atom",
          value: -5 - (events.length % 97) / 100,
          unit: "eV/atom",
          structure_id,
          formula,
          potential: "CHGNet",
          converged: true,
        });
      }
      put("tool_call_result", c.call_id, {
        ...c,
        server: "mace",
        status: "ok",
        result: { energy_per_atom: -5.1, steps: 40, converged: true },
        duration_s: 2.4,
      });
    }
  }
  events.splice(size - 1); // the last turn is cut short: the end of the run must be among them
  put("discovery_complete", undefined, { status: "completed", report_id: "rep_1", summary: "Done.", usage });
  const report = {
    ...{
      discovery_id: did,
      session_id: session,
      parent_id: "",
      query: "Screen the oxides",
      mode: "creative",
      status: "completed",
    },
    ...{
      agent: { name: "CrystaLyse", model: "a model", provider: "lab", prompt_sha256: "0" },
      assumptions: [],
      started_at: null,
    },
    ...{
      ended_at: "2026-01-02T03:04:05Z",
      compositions: [],
      summary: "Done.",
      values: [],
      structures: [],
      candidates: [],
    },
    ...{ validation: { values_total: 0, values_resolved: 0, unsourced: [] }, calls: [], memories_used: [], usage },
  };
  return { session, title: "Screen the oxides", events, reports: [report as never] };
}
