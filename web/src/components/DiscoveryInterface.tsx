import { useEffect, useMemo } from "react";
import type { Report } from "../api/types";
import { useExports } from "../hooks/useExports";
import { useDiscovery, useSessionView, useSnapshot } from "../hooks/useRun";
import { useShortcuts } from "../hooks/useShortcuts";
import { useUi } from "../ui/state";
import { Skeleton } from "./Bits";
import { Composer } from "./Composer";
import { ConnectionBanner } from "./ConnectionBanner";
import { Conversation } from "./Conversation";
import { Panes } from "./Panes";
import { ReplayBar } from "./ReplayBar";
import { RunHeader } from "./RunHeader";

interface Props {
  session: string;
  live: boolean; // false for a run read from a file
  reports?: readonly Report[];
}

/** One session: what is said, what is built, how far it is, and the controls. */
export function DiscoveryInterface({ session, live, reports }: Props) {
  const view = useSessionView();
  const d = useDiscovery();
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
      <Panes discovery={d} session={session} stored={stored} talk={talk} live={live} />
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
