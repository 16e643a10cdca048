import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { json, Problem } from "../api/client";
import type { Memory } from "../api/types";
import { counted } from "../lib/format";
import type { MemoryOp } from "../run/model";
import { placeOf } from "../run/remembered";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { ProblemNote, Skeleton } from "./Bits";
import { MemoryItem } from "./MemoryItem";

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
        <MemoryItem key={m.id} memory={m} />
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
            <MemoryItem key={m.id} memory={m} />
          ))}
        </ul>
      )}
    </section>
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
        {ops.map((o) => {
          const first = known.find((m) => m.id === o.memoryIds[0]);
          const step = o.step ?? (o.op === "write" && first ? placeOf(first).step : undefined);
          const target = { ...(step ? { step } : {}), ...(o.memoryIds[0] ? { memory: o.memoryIds[0] } : {}) };
          return (
            <li key={o.id}>
              <button type="button" className="chip link" onClick={() => select(target)}>
                {step ?? "session"}
              </button>{" "}
              <span className="soft">{did(o)}</span> {o.query ?? first?.content.slice(0, 90) ?? ""}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** In a word what was done, and with how many. */
function did(o: MemoryOp): string {
  if (o.op === "search") return `looked for, ${counted(o.memoryIds.length, "memory", "memories")} found:`;
  return { write: "kept", read: "read", consolidate: "merged" }[o.op];
}
