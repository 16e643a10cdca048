// What the stage plays: recorded runs, a declined question, and the
// states in between, cut out of the recording.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Report } from "../../src/api/types";
import type { Event } from "../../src/event/events.gen";
import { established, memoriesOf } from "./memories";
import type { Play, Stage } from "./stage";

interface Recording extends Play {
  structures: Record<string, { record: object; annotations?: object; trajectory?: string }>;
}

function recording(name: string): Recording {
  return JSON.parse(readFileSync(resolve(import.meta.dirname, `../fixtures/${name}.json`), "utf8")) as Recording;
}

const nacl = recording("nacl");
const gaas = recording("gaas");
const mgo = recording("mgo");
const ofMgo = memoriesOf(mgo.events)
  .filter((m) => /hull|^Asked/.test(m.content))
  .map(established);
const remembered = [...memoriesOf(nacl.events), ...ofMgo];
export const relaxing = "t2.tool1"; // the call of the recording that relaxes

const before = (type: Event["type"], step: string) =>
  nacl.events.findIndex((e) => e.type === type && e.metadata.step === step);
const did = nacl.reports[0]?.discovery_id ?? "";

/** An event as the recording would have gone on with it. */
class Going {
  private n = 0;
  constructor(
    private readonly ord: number,
    private readonly at: number,
  ) {}

  durable(type: string, data: object, step?: string): Event {
    return this.made(type, data, step, this.ord + this.n);
  }

  live(type: string, data: object, step: string): Event {
    return this.made(type, data, step);
  }

  private made(type: string, data: object, step: string | undefined, ord?: number): Event {
    const n = 100 + this.n++;
    const id = step ? `${did}/0/${step}/1/${n}` : `${did}/0/w/made.${n}/0`;
    const metadata = { session_id: nacl.session, discovery_id: did, ...(step ? { step, attempt: 1 } : {}) };
    return {
      ...{ id, timestamp: this.at + n / 50, type, agent_name: "CrystaLyse", mode: "creative", data },
      metadata: ord === undefined ? metadata : { ...metadata, ord },
    } as unknown as Event;
  }
}

/** The recording up to an event, and what comes then. */
function cut(name: string, end: number, then: (g: Going) => Event[], details = ""): Play {
  const kept = nacl.events.slice(0, end);
  const last = kept.at(-1);
  const g = new Going((last?.metadata.ord ?? 0) + 1, last?.timestamp ?? 0);
  const more = then(g);
  const done = more.find((e) => e.type === "discovery_complete");
  const status = done?.type === "discovery_complete" ? done.data.status : "";
  const text = JSON.stringify([...kept, ...more]);
  const session = sessionOf(name);
  const mine = (s: string) => s.replaceAll(nacl.session, session).replaceAll(did, `disc-${session}`);
  const report = status ? [partial(status, details)] : [];
  return {
    session,
    title: nacl.title,
    events: JSON.parse(mine(text)) as Event[],
    reports: JSON.parse(mine(JSON.stringify(report))) as Report[],
  };
}

/** A ULID that tells one play from another. */
export function sessionOf(name: string): string {
  const letters = [...name.toUpperCase()].map((c) => (/[0-9A-HJKMNP-TV-Z]/.test(c) ? c : "X")).join("");
  return `01ARZ3NDEKTSV4RRFF${letters}`.padEnd(26, "0").slice(0, 26);
}

function partial(status: string, details: string): Report {
  const whole = nacl.reports[0];
  if (!whole) throw new Error("the recording has no report");
  return {
    ...whole,
    status,
    details,
    summary: "",
    summary_cited: "",
    values: [],
    candidates: [],
    structures: [],
    validation: { values_total: 0, values_resolved: 0, unsourced: [] },
  } as Report;
}

const usage = { tokens_in: 8120, tokens_out: 240, tool_calls: 2, wall_s: 74, cost: null };
const complete = (g: Going, status: string, summary: string) =>
  g.durable("discovery_complete", { status, report_id: "rep_1", summary, usage });
const inRelaxing = before("tool_call_start", relaxing) + 1;
const beforeRelaxing = before("tool_call_start", relaxing);

function progress(g: Going): Event[] {
  const steps = Array.from({ length: 24 }, (_, k) => k);
  return steps.map((k) =>
    g.live(
      "tool_call_progress",
      {
        ...{ call_id: relaxing, progress: 5 + k / 12, total: 19, message: "relaxing" },
        details: { member: 6, step: k, energy: -3.4 - 0.2 * (1 - Math.exp(-k / 6)), fmax: 1.4 * Math.exp(-k / 7) },
      },
      relaxing,
    ),
  );
}

const failure = {
  code: "unavailable",
  message: "the potential server does not answer: its process ended three times (out of memory)",
  suggestions: ["close other programs, then retry the step", "go on without it: the unrelaxed structures are kept"],
};

export const plays = {
  finished: { ...nacl } as Play,
  declined: { ...gaas } as Play,
  stable: { ...mgo } as Play,
  running: cut("running", inRelaxing, progress),
  recalled: cut("recalled", inRelaxing, (g) => [
    g.durable("memory_search", { query: nacl.title, memory_ids: ofMgo.map((m) => m.id) }),
    ...progress(g),
  ]),
  queued: cut("queued", 2, () => []),
  thinking: cut("thinking", before("reasoning_start", "t3.llm") + 1, (g) =>
    ["The lowest-energy ", "structure is known now. I look at ", "its symmetry"].map((content, i) =>
      g.live(
        "reasoning_update",
        {
          turn: 3,
          content,
          offset: ["", "The lowest-energy ", "The lowest-energy structure is known now. I look at "][i]?.length,
        },
        "t3.llm",
      ),
    ),
  ),
  paused: cut("paused", inRelaxing, (g) => [
    ...progress(g),
    g.durable("discovery_status", {
      status: "paused",
      gen: 0,
      details: "paused by its user; the relaxation goes on from step 20",
    }),
  ]),
  held: cut("held", inRelaxing, (g) => [
    g.durable(
      "error",
      {
        error_type: "unavailable",
        tool_name: "relax_structures",
        message: failure.message,
        recovery_suggestions: failure.suggestions,
      },
      relaxing,
    ),
    g.durable("discovery_status", {
      status: "needs_attention",
      reason: "failure",
      gen: 0,
      from_step: relaxing,
      failure,
    }),
  ]),
  approval: cut("approval", beforeRelaxing, (g) => [
    g.durable("approval_request", {
      call_id: relaxing,
      tool: "relax_structures",
      arguments: { structure_ids: ["16 structures"] },
      why: "it is estimated to take 25 minutes, and your policy asks above 10",
    }),
    g.durable("discovery_status", { status: "needs_attention", reason: "approval", gen: 0 }),
  ]),
  question: cut("question", beforeRelaxing, (g) => [
    g.durable("question", {
      question_id: "q1",
      text: "Rock salt at ambient pressure, or the phase above 30 GPa?",
      options: ["ambient pressure", "above 30 GPa"],
      default: "ambient pressure",
    }),
    g.durable("discovery_status", { status: "needs_attention", reason: "question", gen: 0 }),
  ]),
  cancelled: cut(
    "cancelled",
    inRelaxing,
    (g) => [complete(g, "cancelled", "Cancelled by its user.")],
    "cancelled by its user",
  ),
  spent: cut(
    "spent",
    inRelaxing,
    (g) => [complete(g, "budget_exhausted", "")],
    "the time of 1:00 was spent in t2.tool1",
  ),
  failed: cut(
    "failed",
    inRelaxing,
    (g) => [
      g.durable(
        "tool_call_result",
        {
          call_id: relaxing,
          tool: "relax_structures",
          server: "mace",
          status: "failed",
          error: failure,
          duration_s: 41,
        },
        relaxing,
      ),
      complete(g, "failed", ""),
    ],
    failure.message,
  ),
  fresh: {
    session: sessionOf("fresh"),
    title: "",
    events: nacl.events.slice(0, 1).map((e) => ({ ...e, metadata: { ...e.metadata, session_id: sessionOf("fresh") } })),
    reports: [],
  } as Play,
};

export type PlayName = keyof typeof plays;

/** When a play was at its last event, in milliseconds: the time at which the page is looked at. */
export function endOf(p: Play): number {
  return 1000 * Math.max(...p.events.map((e) => e.timestamp));
}

/** Puts the structures of the recording on a stage, and what is remembered. */
export function dress(stage: Stage): void {
  for (const [id, s] of Object.entries({ ...nacl.structures, ...mgo.structures })) {
    stage.answers.set(`/structures/${id}`, s.record);
    if (s.annotations) stage.answers.set(`/structures/${id}/annotations`, s.annotations);
    if (s.trajectory) stage.files.set(`/structures/${id}/trajectory`, Buffer.from(s.trajectory, "base64"));
  }
  stage.answers.set("/memories", { memories: remembered, next: "", counts: {} });
  const found = remembered.slice(-3).map((m, i) => ({ ...m, similarity: 0.91 - i / 10, score: 1 }));
  stage.answers.set("/memories/search", { results: found });
}
