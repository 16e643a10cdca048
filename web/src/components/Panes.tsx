import { BookMarked } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import type { Report } from "../api/types";
import { useAfterPaint } from "../hooks/useAfterPaint";
import { useWidth } from "../hooks/useWidth";
import type { Discovery } from "../run/view";
import { type PhoneTab, useUi } from "../ui/state";
import { Skeleton } from "./Bits";
import { Boundary } from "./Boundary";
import { CrystalViewer } from "./CrystalViewer";
import { ResultsPanel } from "./ResultsPanel";
import { Split } from "./Split";
import { Timeline } from "./Timeline";

const MemoryPanel = lazy(() => import("./MemoryPanel"));

interface Props {
  discovery: Discovery;
  session: string;
  live: boolean;
  talk: ReactNode;
}

/** What is said beside what is built, as the width of the window allows. */
export function Panes({ stored, ...p }: Props & { stored: Report | undefined }) {
  const width = useWidth();
  const painted = useAfterPaint(); // of a long run the answer is there before its thousand candidates are sorted
  const crystal = (
    <Boundary what="The crystal viewer">
      {painted ? (
        <CrystalViewer discovery={p.discovery} ask={p.live} stored={stored} />
      ) : (
        <Skeleton lines={6} label="The crystal viewer opens" />
      )}
    </Boundary>
  );
  const results = painted ? (
    <ResultsPanel discovery={p.discovery} stored={stored} />
  ) : (
    <Skeleton lines={4} label="The results are sorted" />
  );
  if (width === "phone") return <PhonePanes {...p} crystal={crystal} results={results} />;
  return <WidePanes {...p} crystal={crystal} results={results} talkShare={width === "wide" ? 48 : 52} />;
}

interface Shown extends Props {
  crystal: ReactNode;
  results: ReactNode;
}

function WidePanes({ discovery: d, session, live, talk, crystal, results, talkShare }: Shown & { talkShare: number }) {
  const memory = useUi((u) => u.memory);
  const setMemory = useUi((u) => u.setMemory);
  return (
    <>
      <div className="panes">
        <Split
          name="main"
          label="Width of the conversation"
          start={talkShare}
          direction="row"
          first={talk}
          second={
            <Split
              name="right"
              label="Height of the crystal"
              start={62}
              direction="column"
              first={crystal}
              second={results}
            />
          }
        />
        {memory && live ? (
          <Suspense>
            <MemoryPanel session={session} discovery={d} onClose={() => setMemory(false)} />
          </Suspense>
        ) : null}
      </div>
      <div className="foot">
        <Timeline discovery={d} />
        {live ? (
          <button
            type="button"
            className="btn quiet memory-toggle"
            aria-expanded={memory}
            onClick={() => setMemory(!memory)}
          >
            <BookMarked size={14} aria-hidden /> Memory
          </button>
        ) : null}
      </div>
    </>
  );
}

const phoneTabs: { id: PhoneTab; label: string }[] = [
  { id: "talk", label: "Talk" },
  { id: "crystal", label: "Crystal" },
  { id: "results", label: "Results" },
  { id: "timeline", label: "Time" },
  { id: "memory", label: "Memory" },
];

function PhonePanes({ discovery: d, session, live, talk, crystal, results }: Shown) {
  const at = useUi((u) => u.phoneTab);
  const pick = useUi((u) => u.setPhoneTab);
  return (
    <>
      <div className="phone-pane">
        {at === "talk" ? talk : null}
        {at === "crystal" ? crystal : null}
        {at === "results" ? results : null}
        {at === "timeline" ? <Timeline discovery={d} foldable={false} /> : null}
        {at === "memory" && live ? (
          <Suspense>
            <MemoryPanel session={session} discovery={d} />
          </Suspense>
        ) : null}
      </div>
      <nav className="tabbar" aria-label="Panels">
        {phoneTabs
          .filter((t) => live || t.id !== "memory")
          .map((t) => (
            <button
              key={t.id}
              type="button"
              aria-current={t.id === at ? "true" : undefined}
              className={t.id === at ? "on" : ""}
              onClick={() => pick(t.id)}
            >
              {t.label}
            </button>
          ))}
      </nav>
    </>
  );
}
