// The open session, for components: its store by context, its views by
// useSyncExternalStore, so that React draws what changed and nothing else.
import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import type { SessionView } from "../run/log";
import { RunStore, type Snapshot } from "../run/store";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { useNow } from "./useNow";

export const RunContext = createContext<RunStore | undefined>(undefined);

export function useRunStore(): RunStore {
  const store = useContext(RunContext);
  if (!store) throw new Error("no session is open here");
  return store;
}

/** Opens the stream of a session for as long as the component lives. */
export function useOpenSession(session: string, ticketed: boolean): RunStore {
  const store = useMemo(() => new RunStore(session, ticketed), [session, ticketed]);
  useEffect(() => {
    store.start();
    return () => store.stop();
  }, [store]);
  return store;
}

export function useSnapshot(): Snapshot {
  const store = useRunStore();
  return useSyncExternalStore(store.subscribe, store.get);
}

/** The session as shown: all events, or the first k of them in a replay. */
export function useSessionView(): SessionView {
  const store = useRunStore();
  const snap = useSnapshot();
  const at = useUi((u) => u.replayAt);
  return useMemo(() => (at === undefined ? snap.view : store.playback().at(at)), [at, snap, store]);
}

/** Seconds: of the clock, renewed while something runs, or of the moment that a replay shows. */
export function useRunTime(running: boolean): number {
  const store = useRunStore();
  const at = useUi((u) => u.replayAt);
  const now = useNow(running && at === undefined);
  return at === undefined ? now : (store.playback().events[Math.max(0, at - 1)]?.timestamp ?? now);
}

/** The discovery that the panes show: the selected one, or else the latest. */
export function useDiscovery(): Discovery | undefined {
  const view = useSessionView();
  const id = useUi((u) => u.selection.discovery);
  return view.discoveries.find((d) => d.id === id) ?? view.discoveries.at(-1);
}
