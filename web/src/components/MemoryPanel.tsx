import { type UseQueryResult, useQueries, useQuery } from "@tanstack/react-query";
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
  const lists = useLayers(session);
  const failed = lists.find((l) => l.isError);
  const found = useQuery({
    queryKey: ["memories", "search", query],
    queryFn: () =>
      json<{ results: Memory[] }>("/memories/search", { method: "POST", body: { query, scope: "user", limit: 30 } }),
    enabled: query !== "",
  });
  const absent = failed?.error instanceof Problem && failed.error.status === 404;
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
          ) : lists.some((l) => l.isPending) ? (
            <Skeleton lines={5} />
          ) : failed ? (
            <ProblemNote error={failed.error} onRetry={() => lists.forEach((l) => void l.refetch())} />
          ) : (
            layers.map((l, i) => <Layer key={l.id} layer={l} list={lists[i]?.data} session={session} />)
          )}
          <Recalled discovery={discovery} known={lists.flatMap((l) => l.data?.memories ?? [])} />
        </div>
      )}
    </aside>
  );
}

interface Listed {
  memories: Memory[];
  next: string;
  counts: Partial<Record<string, number>>;
}

/** The newest of each layer: asked for apart, since there are many more working ones than others. */
function useLayers(session: string | undefined): UseQueryResult<Listed>[] {
  return useQueries({
    queries: layers.map((l) => {
      const mine = l.id === "working" && session ? `&session=${encodeURIComponent(session)}` : "";
      const list = () => json<Listed>(`/memories?type=${l.id}&limit=100${mine}`);
      return {
        queryKey: ["memories", "list", l.id, mine],
        queryFn: () => (mine ? list().catch(noneHere) : list()),
        staleTime: 5_000,
        refetchInterval: 15_000,
      };
    }),
  });
}

/** A run opened from a file has a session that this server does not know. */
function noneHere(err: unknown): Listed {
  if (err instanceof Problem && err.status === 404) return { memories: [], next: "", counts: {} };
  throw err;
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
  layer,
  list,
  session,
}: {
  layer: (typeof layers)[number];
  list: Listed | undefined;
  session: string | undefined;
}) {
  const { id, label, says } = layer;
  const ofSession = id === "working" && session !== undefined;
  const mine = (list?.memories ?? []).filter((m) => m.type === id && (!ofSession || m.session_id === session));
  const sorted = [...mine].sort((a, b) => Number(b.pinned ?? false) - Number(a.pinned ?? false));
  // The server counts all of a layer, and not those of one session.
  const total = ofSession ? undefined : list?.counts[id];
  return (
    <section className="col" aria-label={`${label} memory`}>
      <h3 className="row">
        {label} <span className="soft small">{says}</span>{" "}
        <span className="num small tail">
          {total ?? mine.length}
          {total === undefined && list?.next ? "+" : ""}
        </span>
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
      {list?.next ? <p className="soft small">The newest {mine.length}; search finds the others.</p> : null}
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
