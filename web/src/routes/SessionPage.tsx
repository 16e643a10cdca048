import { useParams } from "react-router";
import type { Me } from "../api/types";
import { DiscoveryInterface } from "../components/DiscoveryInterface";
import { useDeepLink } from "../hooks/useDeepLink";
import { RunContext, useOpenSession } from "../hooks/useRun";

export function SessionPage({ me }: { me: Me }) {
  const { session = "" } = useParams();
  return <OpenSession key={session} session={session} ticketed={me.auth === "jwt"} />;
}

function OpenSession({ session, ticketed }: { session: string; ticketed: boolean }) {
  const store = useOpenSession(session, ticketed);
  useDeepLink(session);
  return (
    <RunContext value={store}>
      <main className="main">
        <DiscoveryInterface session={session} live />
      </main>
    </RunContext>
  );
}
