import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Pin, PinOff, Trash2, Undo2, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { json, Problem } from "../api/client";
import type { Memory } from "../api/types";
import { formatWhen, words } from "../lib/format";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { ProblemNote, Skeleton } from "./Bits";
import { Markdown } from "./Markdown";

const layers = [
  { id: "working", label: "Working", says: "this session" },
  { id: "short_term", label: "Short-term", says: "the last 7 days" },
  { id: "long_term", label: "Long-term", says: "consolidated" },
] as const;

/** What it remembers: three layers, search, and what was recalled in which step. */
export default function MemoryPanel({
  session,
  discovery,
  onClose,
}: {
  session: string | undefined;
  discovery: Discovery | undefined;
  onClose?: () => void;
}) {
  const [text, setText] = useState("");
  const query = useDelayed(text.trim(), 200);
  const list = useQuery({
    queryKey: ["memories", "list"],
    queryFn: () => json<{ memories: Memory[] }>("/memories?limit=200"),
    staleTime: 5_000,
    refetchInterval: 15_000,
  });
  const found = useQuery({
    queryKey: ["memories", "search", query],
    queryFn: () =>
      json<{ results: Memory[] }>("/memories/search", { method: "POST", body: { query, scope: "user", limit: 30 } }),
    enabled: query !== "",
  });
  const absent = list.error instanceof Problem && list.error.status === 404;
  return (
    <aside className="memory" aria-label="Memory">
      <header className="row pane-head">
        <h2 className="grow">Memory</h2>
        {onClose ? (
          <button type="button" className="btn quiet icon" aria-label="Close memory" onClick={onClose}>
            <X size={16} aria-hidden />
          </button>
        ) : null}
      </header>
      {absent ? (
        <div className="empty">
          <p>This server keeps no memories.</p>
        </div>
      ) : (
        <div className="memory-body">
          <input
            className="input"
            type="search"
            placeholder="Search by meaning or word"
            aria-label="Search memories"
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
          {query !== "" ? (
            <Found found={found.data?.results} error={found.error} />
          ) : list.isPending ? (
            <Skeleton lines={5} />
          ) : list.isError ? (
            <ProblemNote error={list.error} onRetry={() => void list.refetch()} />
          ) : (
            layers.map((l) => (
              <Layer
                key={l.id}
                label={l.label}
                says={l.says}
                items={list.data.memories.filter((m) => m.type === l.id)}
                session={session}
              />
            ))
          )}
          <Recalled discovery={discovery} known={list.data?.memories ?? []} />
        </div>
      )}
    </aside>
  );
}

function useDelayed(text: string, ms: number): string {
  const [late, setLate] = useState(text);
  useEffect(() => {
    const t = setTimeout(() => setLate(text), ms);
    return () => clearTimeout(t);
  }, [text, ms]);
  return late;
}

function Found({ found, error }: { found: Memory[] | undefined; error: unknown }) {
  if (error) return <ProblemNote error={error} />;
  if (!found) return <Skeleton lines={3} label="Searching" />;
  if (found.length === 0) return <p className="soft small">Nothing like that is remembered.</p>;
  return (
    <ul className="col" aria-label="Found">
      {found.map((m) => (
        <Item key={m.id} memory={m} />
      ))}
    </ul>
  );
}

function Layer({
  label,
  says,
  items,
  session,
}: {
  label: string;
  says: string;
  items: Memory[];
  session: string | undefined;
}) {
  const mine = label === "Working" && session ? items.filter((m) => !m.session_id || m.session_id === session) : items;
  const sorted = [...mine].sort((a, b) => Number(b.pinned ?? false) - Number(a.pinned ?? false));
  return (
    <section className="col" aria-label={`${label} memory`}>
      <h3 className="row">
        {label} <span className="soft small">{says}</span> <span className="num small tail">{mine.length}</span>
      </h3>
      {mine.length === 0 ? (
        <p className="soft small">Empty.</p>
      ) : (
        <ul className="col">
          {sorted.map((m) => (
            <Item key={m.id} memory={m} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Item({ memory: m }: { memory: Memory }) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["memories"] });
  const patch = useMutation({
    mutationFn: (change: object) => json(`/memories/${m.id}`, { method: "PATCH", body: change }),
    onSuccess: renew,
  });
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState(m.content);
  const forget = useForget(m.id, renew);
  const selected = useUi((u) => u.selection.memory === m.id);
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
    <li className={`memory-item ${selected ? "selected" : ""}`}>
      {editing ? (
        <form
          className="col"
          onSubmit={(e) => {
            e.preventDefault();
            patch.mutate({ content: text.trim() }, { onSuccess: () => setEditing(false) });
          }}
        >
          <textarea
            className="input"
            aria-label="Memory"
            rows={3}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
          <div className="row end">
            <button type="button" className="btn" onClick={() => setEditing(false)}>
              Keep as it was
            </button>
            <button type="submit" className="btn primary" disabled={patch.isPending || text.trim() === ""}>
              Save
            </button>
          </div>
        </form>
      ) : (
        <>
          <Content text={m.content} />
          <div className="row small soft">
            <Origin memory={m} />
            {m.similarity !== undefined ? (
              <span className="num small">similarity {m.similarity.toFixed(2)}</span>
            ) : null}
            <span className="grow" />
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
          </div>
        </>
      )}
      {patch.isError ? <ProblemNote error={patch.error} /> : null}
      {forget.error ? <ProblemNote error={forget.error} /> : null}
    </li>
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
          {whole ? "Less" : "More"}
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

function Origin({ memory: m }: { memory: Memory }) {
  const select = useUi((u) => u.select);
  const step = typeof m.metadata.step === "string" ? m.metadata.step : undefined;
  const discovery =
    m.discovery_id ?? (typeof m.metadata.discovery_id === "string" ? m.metadata.discovery_id : undefined);
  return (
    <>
      <span>{formatWhen(m.created_at)}</span>
      {step ? (
        <button
          type="button"
          className="chip link"
          onClick={() => select({ step, memory: m.id, ...(discovery ? { discovery } : {}) })}
        >
          {step}
        </button>
      ) : null}
    </>
  );
}

/** What the shown discovery recalled, and in which step. */
function Recalled({ discovery, known }: { discovery: Discovery | undefined; known: readonly Memory[] }) {
  const select = useUi((u) => u.select);
  const ops = discovery?.memories.filter((o) => o.memoryIds.length > 0 || o.query) ?? [];
  if (ops.length === 0) return null;
  return (
    <section className="col" aria-label="Used in this discovery">
      <h3>In this discovery</h3>
      <ul className="col small">
        {ops.map((o) => (
          <li key={o.id}>
            <button
              type="button"
              className="chip link"
              onClick={() =>
                select({ ...(o.step ? { step: o.step } : {}), ...(o.memoryIds[0] ? { memory: o.memoryIds[0] } : {}) })
              }
            >
              {o.step ?? "session"}
            </button>{" "}
            <span className="soft">
              {{ write: "kept", read: "recalled", search: "looked for", consolidate: "merged" }[o.op]}
            </span>{" "}
            {o.query ?? known.find((m) => m.id === o.memoryIds[0])?.content.slice(0, 90) ?? ""}
          </li>
        ))}
      </ul>
    </section>
  );
}
