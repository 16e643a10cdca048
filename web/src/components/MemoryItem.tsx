import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowUpRight, Pencil, Pin, PinOff, Trash2, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link, useParams } from "react-router";
import { json } from "../api/client";
import type { Memory } from "../api/types";
import { writeLink } from "../hooks/useDeepLink";
import { formatWhen, words } from "../lib/format";
import { placeOf } from "../run/remembered";
import { useUi } from "../ui/state";
import { ProblemNote } from "./Bits";
import { Markdown } from "./Markdown";

/** One memory: read, pinned, corrected, forgotten; and the way to the step that made it. */
export function MemoryItem({ memory: m }: { memory: Memory }) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["memories"] });
  const patch = useMutation({
    mutationFn: (change: object) => json(`/memories/${m.id}`, { method: "PATCH", body: change }),
    onSuccess: renew,
  });
  const [editing, setEditing] = useState(false);
  const forget = useForget(m.id, renew);
  const selected = useUi((u) => u.selection.memory === m.id);
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  if (forget.waiting)
    return (
      <li className="memory-item row">
        <span className="soft small grow">Forgotten.</span>
        <button type="button" className="btn" onClick={forget.undo}>
          <Undo2 size={14} aria-hidden /> Undo
        </button>
      </li>
    );
  return (
    <li ref={row} className={`memory-item ${selected ? "selected" : ""}`}>
      {editing ? (
        <Correction
          text={m.content}
          busy={patch.isPending}
          onLeave={() => setEditing(false)}
          onSave={(content) => patch.mutate({ content }, { onSuccess: () => setEditing(false) })}
        />
      ) : (
        <>
          <Content text={m.content} />
          <div className="row wrap small soft">
            <Origin memory={m} />
            {m.similarity !== undefined ? (
              <span className="num small">similarity {m.similarity.toFixed(2)}</span>
            ) : null}
            <span className="row tail">
              <button
                type="button"
                className="btn quiet icon"
                aria-label={m.pinned ? "Unpin" : "Pin"}
                aria-pressed={m.pinned ?? false}
                onClick={() => patch.mutate({ pinned: !m.pinned })}
              >
                {m.pinned ? <PinOff size={14} aria-hidden /> : <Pin size={14} aria-hidden />}
              </button>
              <button type="button" className="btn quiet icon" aria-label="Edit" onClick={() => setEditing(true)}>
                <Pencil size={14} aria-hidden />
              </button>
              <button type="button" className="btn quiet icon" aria-label="Forget" onClick={forget.start}>
                <Trash2 size={14} aria-hidden />
              </button>
            </span>
          </div>
        </>
      )}
      {patch.isError ? <ProblemNote error={patch.error} /> : null}
      {forget.error ? <ProblemNote error={forget.error} /> : null}
    </li>
  );
}

function Correction({
  text,
  busy,
  onLeave,
  onSave,
}: {
  text: string;
  busy: boolean;
  onLeave: () => void;
  onSave: (text: string) => void;
}) {
  const [typed, setTyped] = useState(text);
  return (
    <form
      className="col"
      onSubmit={(e) => {
        e.preventDefault();
        onSave(typed.trim());
      }}
    >
      <textarea
        className="input"
        aria-label="Memory"
        rows={3}
        value={typed}
        onChange={(e) => setTyped(e.target.value)}
      />
      <div className="row end">
        <button type="button" className="btn" onClick={onLeave}>
          Keep as it was
        </button>
        <button type="submit" className="btn primary" disabled={busy || typed.trim() === ""}>
          Save
        </button>
      </div>
    </form>
  );
}

const long = 260; // characters

/** What is remembered, as text and not as it is stored; a long one folded. */
function Content({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const folded = text.length > long && !whole;
  return (
    <>
      <div className={folded ? "folded" : ""}>
        <Markdown text={readable(text)} />
      </div>
      {text.length > long ? (
        <button type="button" className="chip link" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? "Less of it" : "All of it"}
        </button>
      ) : null}
    </>
  );
}

/** JSON that a program kept is listed by name. */
function readable(text: string): string {
  if (!/^\s*\{/.test(text)) return text;
  try {
    const kept = JSON.parse(text) as Record<string, unknown>;
    return Object.entries(kept)
      .map(([k, v]) => `- ${words(k)}: ${typeof v === "object" ? `\`${JSON.stringify(v)}\`` : String(v)}`)
      .join("\n");
  } catch {
    return text; // it only begins like JSON
  }
}

const undoFor = 6000;

/** Forgets after a moment in which it can be undone; leaving the panel forgets at once. */
function useForget(id: string, done: () => unknown) {
  const [waiting, setWaiting] = useState(false);
  const remove = useMutation({
    mutationFn: () => json(`/memories/${id}`, { method: "DELETE" }).catch(emptyAnswer),
    onSuccess: done,
  });
  const mutate = remove.mutate;
  const pending = useRef(false);
  useEffect(() => {
    pending.current = waiting;
    if (!waiting) return;
    const t = setTimeout(() => {
      pending.current = false;
      mutate();
    }, undoFor);
    return () => clearTimeout(t);
  }, [waiting, mutate]);
  useEffect(
    () => () => {
      if (pending.current) mutate();
    },
    [mutate],
  );
  return {
    waiting: waiting && !remove.isError,
    start: () => setWaiting(true),
    undo: () => setWaiting(false),
    error: remove.error,
  };
}

/** A 204 has no body to read. */
function emptyAnswer(err: unknown): undefined {
  if (err instanceof SyntaxError) return undefined;
  throw err;
}

/** When it was kept, with which potential, and the step that made it: here, or in the session where that was. */
function Origin({ memory: m }: { memory: Memory }) {
  const select = useUi((u) => u.select);
  const setPhoneTab = useUi((u) => u.setPhoneTab);
  const { session } = useParams();
  const { discovery, step } = placeOf(m);
  const potentials = m.context.potentials?.join(", ");
  const target = { memory: m.id, ...(discovery ? { discovery } : {}), ...(step ? { step } : {}) };
  const here = m.session_id === session;
  return (
    <>
      <span>{formatWhen(m.created_at)}</span>
      {potentials ? <span>{potentials}</span> : null}
      {!here && m.session_id && discovery ? (
        <Link
          className="chip link"
          to={`/s/${m.session_id}${writeLink(target, undefined)}`}
          title="In the session that made it"
        >
          {step ?? "its session"}
          <ArrowUpRight size={12} aria-hidden />
        </Link>
      ) : null}
      {here && step ? (
        <button
          type="button"
          className="chip link"
          onClick={() => {
            select(target);
            setPhoneTab("talk");
          }}
        >
          {step}
        </button>
      ) : null}
    </>
  );
}
