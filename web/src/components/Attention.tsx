import { Check, RotateCcw, SkipForward, Square, X } from "lucide-react";
import { useId, useState } from "react";
import { useCancel, useUpdate } from "../api/queries";
import { asSentence, words } from "../lib/format";
import type { Ask, Discovery, StatusNote } from "../run/view";
import { ProblemNote } from "./Bits";
import { Suggestions } from "./ToolCard";
import { Arguments } from "./ToolResult";

/** What a discovery waits for: a decision, an answer, or a way on after a failure. */
export function Attention({ discovery: d }: { discovery: Discovery }) {
  if (d.status !== "needs_attention") return null;
  const last = d.notes.at(-1);
  return (
    <div className="col" role="group" aria-label="It waits for you">
      {d.asks.map((a) =>
        a.kind === "approval" ? (
          <Approval key={a.id} ask={a} id={d.id} />
        ) : (
          <QuestionCard key={a.id} ask={a} id={d.id} />
        ),
      )}
      {d.reason === "failure" && last ? <Held note={last} id={d.id} /> : null}
    </div>
  );
}

function Approval({ ask, id }: { ask: Ask; id: string }) {
  const update = useUpdate(id);
  const [remember, setRemember] = useState(false);
  const decide = (decision: "allow" | "deny") =>
    update.mutate({ kind: "approve", call_id: ask.id, decision, remember });
  return (
    <div className="card ask">
      <h3>May it run {words(ask.tool ?? "this tool")}?</h3>
      <p>{asSentence(ask.text)}</p>
      <Arguments of={ask.arguments ?? {}} />
      <div className="row wrap">
        <button type="button" className="btn primary" disabled={update.isPending} onClick={() => decide("allow")}>
          <Check size={14} aria-hidden /> Allow
        </button>
        <button type="button" className="btn" disabled={update.isPending} onClick={() => decide("deny")}>
          <X size={14} aria-hidden /> Deny
        </button>
        <label className="row small">
          <input type="checkbox" checked={remember} onChange={(e) => setRemember(e.target.checked)} />
          Do the same for {words(ask.tool ?? "this tool")} for the rest of this discovery
        </label>
      </div>
      {update.isError ? <ProblemNote error={update.error} /> : null}
    </div>
  );
}

function QuestionCard({ ask, id }: { ask: Ask; id: string }) {
  const update = useUpdate(id);
  const [text, setText] = useState(ask.fallback ?? "");
  const field = useId();
  const answer = (words: string) => update.mutate({ kind: "answer", question_id: ask.id, text: words });
  return (
    <div className="card ask">
      <h3>
        <label htmlFor={field}>{asSentence(ask.text)}</label>
      </h3>
      {ask.options.length > 0 ? (
        <div className="row wrap">
          {ask.options.map((o) => (
            <button key={o} type="button" className="btn" disabled={update.isPending} onClick={() => answer(o)}>
              {o}
              {o === ask.fallback ? <span className="soft small">default</span> : null}
            </button>
          ))}
        </div>
      ) : null}
      <form
        className="row"
        onSubmit={(e) => {
          e.preventDefault();
          if (text.trim()) answer(text.trim());
        }}
      >
        <input id={field} className="input" value={text} onChange={(e) => setText(e.target.value)} />
        <button type="submit" className="btn primary" disabled={update.isPending || !text.trim()}>
          Answer
        </button>
      </form>
      {update.isError ? <ProblemNote error={update.error} /> : null}
    </div>
  );
}

function Held({ note, id }: { note: StatusNote; id: string }) {
  const update = useUpdate(id);
  const cancel = useCancel(id);
  const step = note.fromStep ?? "";
  const busy = update.isPending || cancel.isPending;
  return (
    <div className="card ask">
      <h3>{step ? `Step ${step} failed; the discovery waits` : "The discovery waits"}</h3>
      <p>
        {note.failure?.field ? <b>{note.failure.field}: </b> : null}
        {asSentence(note.failure?.message ?? note.details ?? "")}
      </p>
      <Suggestions list={note.failure?.suggestions ?? []} />
      <div className="row wrap">
        {step ? (
          <>
            <button
              type="button"
              className="btn primary"
              disabled={busy}
              onClick={() => update.mutate({ kind: "retry_step", step })}
            >
              <RotateCcw size={14} aria-hidden /> Retry the step
            </button>
            <button
              type="button"
              className="btn"
              disabled={busy}
              onClick={() => update.mutate({ kind: "skip_step", step })}
            >
              <SkipForward size={14} aria-hidden /> Go on without it
            </button>
          </>
        ) : null}
        <button
          type="button"
          className="btn danger"
          disabled={busy}
          onClick={() => cancel.mutate("given up after a failure")}
        >
          <Square size={12} aria-hidden /> Stop here
        </button>
      </div>
      {update.isError ? <ProblemNote error={update.error} /> : null}
      {cancel.isError ? <ProblemNote error={cancel.error} /> : null}
    </div>
  );
}
