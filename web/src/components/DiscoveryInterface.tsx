import { BookMarked, Download, History } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { requestId } from "../api/client";
import { useCreate, useUpdate } from "../api/queries";
import type { Report } from "../api/types";
import { useAfterPaint } from "../hooks/useAfterPaint";
import { useDiscovery, useRunStore, useSessionView, useSnapshot } from "../hooks/useRun";
import { useShortcuts } from "../hooks/useShortcuts";
import { useWidth, type Width } from "../hooks/useWidth";
import { download } from "../lib/download";
import { exportRun } from "../run/bundle";
import { type Discovery, isClosed } from "../run/view";
import { type PhoneTab, useUi } from "../ui/state";
import { ProblemNote, Skeleton } from "./Bits";
import { Boundary } from "./Boundary";
import { ConnectionBanner } from "./ConnectionBanner";
import { Conversation } from "./Conversation";
import { CrystalViewer } from "./CrystalViewer";
import type { MenuItem } from "./Menu";
import { QueryInput, type Question } from "./QueryInput";
import { ReplayBar } from "./ReplayBar";
import { saveFile } from "./ReportView";
import { ResultsPanel } from "./ResultsPanel";
import { RunHeader } from "./RunHeader";
import { Split } from "./Split";
import { Timeline } from "./Timeline";

const MemoryPanel = lazy(() => import("./MemoryPanel"));

interface Props {
  session: string;
  live: boolean; // false for a run read from a file
  reports?: readonly Report[];
}

/** One session: what is said, what is built, how far it is, and the controls. */
export function DiscoveryInterface({ session, live, reports }: Props) {
  const view = useSessionView();
  const d = useDiscovery();
  const width = useWidth();
  const { stream } = useSnapshot();
  const stored = reports?.find((r) => r.discovery_id === d?.id);
  const steps = useMemo(() => (d ? d.steps.map((s) => s.step) : []), [d]);
  useShortcuts(steps);
  const items = useExports(session, d, stored);
  // In a replay nothing of what is shown can be told what to do.
  const acting = useUi((u) => u.replayAt === undefined) && live;
  const title = view.title || d?.query;
  useEffect(() => {
    if (title) document.title = `${title} · CrystaLyse`;
    return () => {
      document.title = "CrystaLyse";
    };
  }, [title]);
  if (!d)
    return (
      <div className="run">
        <h1 className="hidden">{view.title || "Session"}</h1>
        <ConnectionBanner />
        <Nothing refused={stream.phase === "refused"} />
        <ReplayBar />
      </div>
    );
  const talk = (
    <div className="talk-pane">
      <Conversation view={view} live={acting} stored={stored} />
      <ReplayBar />
      {acting ? <Composer session={session} discovery={d} /> : null}
    </div>
  );
  return (
    <div className="run">
      <RunHeader discovery={d} live={acting} onExport={items} />
      {live ? <ConnectionBanner /> : <p className="banner tone-grey">Read from a file. Nothing here runs.</p>}
      <Panes width={width} discovery={d} session={session} stored={stored} talk={talk} live={live} />
    </div>
  );
}

/** Before the first discovery: at the beginning of a replay, while reading, or in a session nobody asked in. */
function Nothing({ refused }: { refused: boolean }) {
  const { size } = useSnapshot();
  const replaying = useUi((u) => u.replayAt !== undefined);
  if (refused) return null;
  if (size === 0) return <Skeleton lines={8} label="The session is being read" />;
  return (
    <p className="empty grow">
      {replaying ? "The beginning: nothing was asked yet." : "This session has no discovery yet."}
    </p>
  );
}

function Panes({
  width,
  discovery: d,
  session,
  stored,
  talk,
  live,
}: {
  width: Width;
  discovery: Discovery;
  session: string;
  stored: Report | undefined;
  talk: React.ReactNode;
  live: boolean;
}) {
  const memory = useUi((u) => u.memory);
  const setMemory = useUi((u) => u.setMemory);
  const painted = useAfterPaint(); // of a long run the answer is there before its thousand candidates are sorted
  const crystal = (
    <Boundary what="The crystal viewer">
      {painted ? (
        <CrystalViewer discovery={d} ask={live} stored={stored} />
      ) : (
        <Skeleton lines={6} label="The crystal viewer opens" />
      )}
    </Boundary>
  );
  const results = painted ? (
    <ResultsPanel discovery={d} stored={stored} />
  ) : (
    <Skeleton lines={4} label="The results are sorted" />
  );
  if (width === "phone")
    return <PhonePanes discovery={d} session={session} talk={talk} crystal={crystal} results={results} live={live} />;
  return (
    <>
      <div className="panes">
        <Split
          name="main"
          label="Width of the conversation"
          start={width === "wide" ? 48 : 52}
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

function PhonePanes({
  discovery: d,
  session,
  talk,
  crystal,
  results,
  live,
}: {
  discovery: Discovery;
  session: string;
  talk: React.ReactNode;
  crystal: React.ReactNode;
  results: React.ReactNode;
  live: boolean;
}) {
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

/** While it runs, a word to the agent; after, the next question. */
function Composer({ session, discovery: d }: { session: string; discovery: Discovery }) {
  const create = useCreate();
  const update = useUpdate(d.id);
  const select = useUi((u) => u.select);
  const [key, setKey] = useState(requestId);
  const view = useSessionView();
  const last = view.discoveries.at(-1) ?? d;
  const running = !isClosed(last.status);
  const ask = useCallback(
    (q: Question) => {
      if (running) {
        update.mutate({ kind: "steer", text: q.query });
        return;
      }
      create.mutate(
        { key, query: q.query, mode: q.mode, session_id: session, budget: q.budget },
        {
          onSuccess: (made) => {
            setKey(requestId());
            select({ discovery: made.id });
          },
        },
      );
    },
    [create, update, key, running, select, session],
  );
  const failed = create.error ?? update.error;
  return (
    <div className="composer-box">
      {failed ? <ProblemNote error={failed} /> : null}
      {update.isSuccess && running ? (
        <p className="small soft">Your word was handed over; the next turn takes it in.</p>
      ) : null}
      <QueryInput
        onSubmit={ask}
        busy={create.isPending || update.isPending}
        settings={!running}
        placeholder={running ? "Steer it: a hint, a constraint, a correction" : "Ask what follows"}
        label={running ? "Steer the discovery" : "Follow-up question"}
        action={running ? "Steer" : "Ask"}
      />
    </div>
  );
}

function useExports(session: string, d: Discovery | undefined, stored: Report | undefined): MenuItem[] {
  const store = useRunStore();
  const startReplay = useUi((u) => u.startReplay);
  const go = useNavigate();
  return useMemo(
    () => [
      { label: "Replay from the beginning", icon: <History size={14} />, run: startReplay },
      {
        label: "Download the run",
        hint: "events and reports; opens again in this page",
        icon: <Download size={14} />,
        run: () => {
          void exportRun(session, store.events(), stored).then((text) =>
            saveFile(`crystalyse-${session}.jsonl`, text, "application/x-ndjson"),
          );
        },
      },
      ...(d && isClosed(d.status)
        ? [
            {
              label: "Download the bundle",
              hint: "report, CIF files, plots as CSV, reproduce.py",
              icon: <Download size={14} />,
              run: () => download(`/api/v1/discoveries/${d.id}/bundle`, ""),
            },
          ]
        : []),
      ...(d?.outline.complete ? [] : [{ label: "Start another session", run: () => void go("/") }]),
    ],
    [store, startReplay, session, stored, d, go],
  );
}
