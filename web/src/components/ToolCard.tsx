import { ChevronRight, Square } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import { useUpdate } from "../api/queries";
import { useRunStore, useRunTime } from "../hooks/useRun";
import { asSentence, counted, formatSeconds, formatValue, words } from "../lib/format";
import { Formula } from "../lib/formula";
import { secondsLeft } from "../run/traces";
import type { Call, Note } from "../run/view";
import { useUi } from "../ui/state";
import { Meter, ProblemNote, StatusIcon } from "./Bits";
import { Boundary } from "./Boundary";
import { CallLog } from "./CallLog";
import { CitedValue, pathIn } from "./CitedValue";
import { Arguments, ToolResult } from "./ToolResult";

interface Props {
  call: Call;
  discovery: string;
  open: boolean; // whether the discovery still runs
  held: boolean; // whether it waits because this step failed
}

/** One tool call: what was asked, how far it is, what came out. */
export const ToolCard = memo(function ToolCard({ call, discovery, open, held }: Props) {
  const selected = useUi((u) => u.selection.step === call.step && (u.selection.discovery ?? discovery) === discovery);
  const select = useUi((u) => u.select);
  const cited = useUi((u) => (selected ? pathIn(call.callId, u.selection.value) : undefined));
  const running = call.status === "running";
  const [shown, setShown] = useState<boolean>();
  const unfolded = shown ?? (running || held || call.status === "failed" || call.status === "tool_error");
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (selected) card.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  // Who follows a number to its call wants to see it there.
  useEffect(() => {
    if (cited !== undefined) setShown(true);
  }, [cited]);
  return (
    <article
      ref={card}
      className={`card tool ${selected ? "selected" : ""}`}
      data-step={call.step}
      aria-label={`${call.callId} ${words(call.tool)}`}
    >
      <Head
        call={call}
        unfolded={unfolded}
        onPress={() => {
          setShown(!unfolded);
          select({ discovery, step: call.step });
        }}
      />
      {running ? <ToolProgress call={call} discovery={discovery} /> : null}
      {unfolded ? (
        <Boundary what={`The result of ${call.callId}`}>
          <div className="card-body">
            {cited === undefined ? null : <CitedValue path={cited} call={call} />}
            <Arguments of={call.arguments} />
            {call.error ? <CallError call={call} /> : null}
            {call.result ? <ToolResult call={call} cited={cited} /> : null}
            {call.resultRef ? (
              <p className="soft small">The result is large and kept as a file: {call.resultRef}</p>
            ) : null}
            <Notes notes={call.notes} />
            <CallLog call={call} discovery={discovery} />
          </div>
        </Boundary>
      ) : null}
      {open && running ? <CallActions call={call} discovery={discovery} /> : null}
    </article>
  );
});

function Head({ call, unfolded, onPress }: { call: Call; unfolded: boolean; onPress: () => void }) {
  return (
    <header className="card-head">
      <button type="button" className="fold" aria-expanded={unfolded} onClick={onPress}>
        <ChevronRight size={14} aria-hidden className={unfolded ? "down" : ""} />
        <StatusIcon status={call.status} />
        <span className="tool-name">{words(call.tool)}</span>
        <Subject call={call} />
      </button>
      <span className="row soft small tail">
        <Badges call={call} />
        <Elapsed call={call} />
        <code className="small">{call.callId}</code>
      </span>
    </header>
  );
}

function Subject({ call }: { call: Call }) {
  const a = call.arguments;
  const formulas = [
    a.formula,
    ...(Array.isArray(a.compositions) ? a.compositions : []),
    ...(Array.isArray(a.elements) ? a.elements : []),
  ].filter((x): x is string => typeof x === "string");
  const ids = [a.structure_id, ...(Array.isArray(a.structure_ids) ? a.structure_ids : [])].filter(
    (x): x is string => typeof x === "string",
  );
  const ref = call.structures.filter((x) => x.origin !== "reference");
  const made = call.energies.find((e) => e.formula)?.formula ?? ref[0]?.formula;
  if (formulas.length > 0)
    return (
      <span className="subject ellipsis">
        {formulas.slice(0, 4).map((f, i) => (
          <span key={f}>
            {i > 0 ? ", " : ""}
            <Formula of={f} />
          </span>
        ))}
        {formulas.length > 4 ? ` +${formulas.length - 4}` : ""}
      </span>
    );
  if (ids.length > 0)
    return (
      <span className="subject ellipsis">
        {ids.length === 1 && made ? <Formula of={made} /> : counted(ids.length, "structure")}
      </span>
    );
  return null;
}

function Badges({ call }: { call: Call }) {
  return (
    <>
      {call.cached ? <span className="badge tone-grey">computed before</span> : null}
      {call.resumedFromStep !== undefined ? (
        <span className="badge tone-blue">went on from step {call.resumedFromStep}</span>
      ) : null}
      {call.attempt > 1 ? <span className="badge tone-grey">attempt {call.attempt}</span> : null}
      {call.structures.length > 0 ? <span className="made">{counted(call.structures.length, "structure")}</span> : null}
    </>
  );
}

function Elapsed({ call }: { call: Call }) {
  const now = useRunTime(call.status === "running");
  if (call.status === "planned") return <span>waits</span>;
  const s = call.durationS ?? (call.status === "running" ? Math.max(0, now - call.startedAt) : undefined);
  return s === undefined ? null : <span className="num small">{formatSeconds(s)}</span>;
}

/** How far a running call is: its own count, force and energy, and the time left from its own rate. */
export function ToolProgress({ call, discovery }: { call: Call; discovery: string }) {
  const store = useRunStore();
  const p = call.live?.progress;
  const task = call.tasks.find((t) => t.status === "running");
  const points = store.traces.of(discovery, call.callId);
  const left = secondsLeft(points);
  const done = p?.progress ?? task?.completed ?? 0;
  const total = p && p.total > 0 ? p.total : (task?.total ?? 0);
  const x = p?.details ?? {};
  // What must be there first, in the server's words: it installs itself on a new machine.
  if (task?.type === "waiting" && !p)
    return (
      <div className="progress">
        <Meter part={0} whole={0} label={`Progress of ${words(call.tool)}`} />
        <p className="small soft">{asSentence(task.details || task.about)}</p>
      </div>
    );
  return (
    <div className="progress">
      <Meter part={done} whole={total} label={`Progress of ${words(call.tool)}`} />
      <p className="row wrap small soft num">
        {total > 0 ? (
          <span>
            {x.member !== undefined ? "member" : "step"} {Math.round(done)}/{Math.round(total)}
          </span>
        ) : (
          <span>{call.waiting ? `waits for ${call.waiting}` : "at work"}</span>
        )}
        {x.fmax !== undefined ? <span>fmax {formatValue(x.fmax, "eV/angstrom")}</span> : null}
        {x.energy !== undefined ? <span>E {formatValue(x.energy, "eV/atom")}</span> : null}
        {left !== undefined ? <span>about {formatSeconds(left)} left</span> : null}
        {p?.message && x.fmax === undefined ? <span className="ellipsis">{p.message}</span> : null}
      </p>
    </div>
  );
}

function CallError({ call }: { call: Call }) {
  const e = call.error;
  if (!e) return null;
  const names = Object.keys(call.arguments);
  return (
    <div className={`note ${call.status === "failed" ? "tone-red" : "tone-amber"}`}>
      <p>
        {e.field ? <b>{e.field}: </b> : null}
        {asSentence(e.message, names)}
      </p>
      <Suggestions list={e.suggestions} names={names} />
    </div>
  );
}

export function Suggestions({ list, names }: { list: readonly string[]; names?: readonly string[] }) {
  if (list.length === 0) return null;
  return (
    <ul className="bullets">
      {list.map((s) => (
        <li key={s}>{asSentence(s, names)}</li>
      ))}
    </ul>
  );
}

export function Notes({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="notes small">
      {notes.map((n) => (
        <li key={n.id} className={n.kind === "error" ? "ink-red" : "soft"}>
          {n.kind === "error" ? asSentence(n.text) : `An earlier attempt was given up: ${n.text}`}
          <Suggestions list={n.suggestions} />
        </li>
      ))}
    </ul>
  );
}

function CallActions({ call, discovery }: { call: Call; discovery: string }) {
  const update = useUpdate(discovery);
  const busy = update.isPending;
  return (
    <footer className="card-foot row wrap">
      <button
        type="button"
        className="btn quiet"
        disabled={busy}
        onClick={() => update.mutate({ kind: "cancel_step", step: call.step })}
      >
        <Square size={12} aria-hidden /> {busy ? "Stopping…" : "Stop this step"}
      </button>
      {update.isError ? <ProblemNote error={update.error} /> : null}
    </footer>
  );
}
