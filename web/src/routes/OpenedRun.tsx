import { useMemo } from "react";
import { Navigate } from "react-router";
import { DiscoveryInterface } from "../components/DiscoveryInterface";
import { useDeepLink } from "../hooks/useDeepLink";
import { RunContext } from "../hooks/useRun";
import { RunStore } from "../run/store";
import { useOpened } from "../ui/opened";

/** A downloaded run, shown from its file alone. */
export function OpenedRun() {
  const run = useOpened((o) => o.run);
  const store = useMemo(() => (run ? RunStore.of(run.session, run.events) : undefined), [run]);
  useDeepLink(run?.session ?? "");
  if (!run || !store) return <Navigate to="/" replace />;
  return (
    <RunContext value={store}>
      <main className="main">
        <DiscoveryInterface session={run.session} live={false} reports={run.reports} />
      </main>
    </RunContext>
  );
}
