import { ArrowDown, BookMarked } from "lucide-react";
import { memo, useRef } from "react";
import type { Report } from "../api/types";
import { asSentence, counted } from "../lib/format";
import { Sentence } from "../lib/formula";
import type { SessionView } from "../run/log";
import { givenAtFirst } from "../run/remembered";
import { resolver } from "../run/values";
import { type Discovery, isClosed } from "../run/view";
import { useUi } from "../ui/state";
import { Attention } from "./Attention";
import { StatusBadge } from "./Bits";
import { ReportView } from "./ReportView";
import { Notes } from "./ToolCard";
import { Turns } from "./Turns";
import { answerPlace, useStand } from "./useStand";
import { ResolveContext } from "./ValueChip";

interface Props {
  view: SessionView;
  live: boolean;
  stored?: Report | undefined;
}

/** The session as it was said: questions, reasoning, calls, answers. It follows the end while something runs, and opens at the answer. */
export function Conversation({ view, live, stored }: Props) {
  const box = useRef<HTMLElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const newest = view.discoveries.at(-1);
  const running = newest !== undefined && !isClosed(newest.status);
  const stand = useStand(box, inner, { newest: newest?.id ?? "", closed: !running });
  return (
    <div className="talk-wrap">
      <section
        className="talk"
        ref={box}
        onScroll={stand.onScroll}
        onWheel={stand.meant}
        onTouchMove={stand.meant}
        onKeyDown={stand.meant}
        onPointerDown={stand.meant}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a log that scrolls is reached by keyboard
        tabIndex={0}
        aria-label="Conversation"
      >
        <div ref={inner}>
          {view.discoveries.map((d) => (
            <DiscoveryTalk
              key={d.id}
              discovery={d}
              live={live}
              named={view.discoveries.length === 1 && d.query.length < 120}
              stored={stored?.discovery_id === d.id ? stored : undefined}
            />
          ))}
        </div>
      </section>
      {stand.free && running ? (
        <div className="to-end">
          <button type="button" className="btn" onClick={stand.follow}>
            <ArrowDown size={14} aria-hidden /> Follow
          </button>
        </div>
      ) : null}
      <Announcer view={view} />
    </div>
  );
}

const DiscoveryTalk = memo(function DiscoveryTalk({
  discovery: d,
  live,
  named,
  stored,
}: {
  discovery: Discovery;
  live: boolean;
  named: boolean; // whether the header says the whole question already
  stored?: Report | undefined;
}) {
  const resolve = resolver(d, stored);
  const closed = isClosed(d.status);
  return (
    <ResolveContext value={resolve}>
      <article className="asked" aria-label={`Discovery: ${d.query}`}>
        <h2 className={named ? "hidden" : "query"}>
          <Sentence of={d.query || "…"} />
        </h2>
        {live ? <Given discovery={d} /> : null}
        <Turns discovery={d} live={live} />
        <Notes notes={d.troubles} />
        {live ? <Attention discovery={d} /> : null}
        <Waiting discovery={d} />
        {closed ? (
          <div className={answerPlace}>
            <ReportView discovery={d} stored={stored} />
          </div>
        ) : null}
      </article>
    </ResolveContext>
  );
});

/** That it began with what earlier work found, and the way there. */
function Given({ discovery: d }: { discovery: Discovery }) {
  const ids = givenAtFirst(d)?.memoryIds;
  const select = useUi((u) => u.select);
  const setMemory = useUi((u) => u.setMemory);
  const setPhoneTab = useUi((u) => u.setPhoneTab);
  const first = ids?.[0];
  if (!first) return null;
  const show = () => {
    select({ discovery: d.id, memory: first });
    setMemory(true);
    setPhoneTab("memory");
  };
  return (
    <button type="button" className="chip link given" onClick={show}>
      <BookMarked size={12} aria-hidden /> {counted(ids.length, "memory", "memories")} of earlier work
    </button>
  );
}

/** What happens when nothing else shows it: queued, paused, between two steps. */
function Waiting({ discovery: d }: { discovery: Discovery }) {
  const note = d.notes.at(-1);
  if (d.status === "queued")
    return (
      <p className="row soft small">
        <StatusBadge status="queued" bare /> It begins when a worker is free; an earlier question of this session comes
        first.
      </p>
    );
  if (d.status === "paused")
    return (
      <p className="row soft small">
        <StatusBadge status="paused" bare /> {asSentence(note?.details || "Nothing runs. Resume it when you like.")}
      </p>
    );
  if (d.status === "running" && d.turns.length === 0) return <p className="soft small">It starts.</p>;
  return null;
}

/** Tells a screen reader what finished; never tokens. */
function Announcer({ view }: { view: SessionView }) {
  const d = view.discoveries.at(-1);
  const call = d?.calls.findLast((c) => c.endedAt !== undefined);
  const said = !d
    ? ""
    : isClosed(d.status)
      ? `Discovery ${d.status.replaceAll("_", " ")}`
      : d.status === "needs_attention"
        ? "The discovery waits for you"
        : call
          ? `${call.tool.replaceAll("_", " ")} ${call.status === "ok" ? "done" : call.status.replaceAll("_", " ")}`
          : "";
  return (
    <div className="hidden" role="log" aria-live="polite">
      {said}
    </div>
  );
}
