import { PlugZap } from "lucide-react";
import { useEffect, useState } from "react";
import { useRunStore, useSnapshot } from "../hooks/useRun";

/** Seconds of silence before it is said: a blink needs no banner. */
const patience = 1200;

const refusals: Record<number, string> = {
  4504: "There is no such session, or it is not yours.",
  4505: "Too many pages are open at once. Close one and load this page again.",
  4501: "The server did not accept this page's sign-in in time. Load the page again.",
};

/** Says when what is shown may be old, and nothing else. */
export function ConnectionBanner() {
  const { stream } = useSnapshot();
  const store = useRunStore();
  const lost = stream.phase === "lost";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) {
      setShown(false);
      return;
    }
    const t = setTimeout(() => setShown(true), patience);
    return () => clearTimeout(t);
  }, [lost]);
  if (stream.phase === "refused")
    return (
      <div className="banner tone-red" role="alert">
        <PlugZap size={16} aria-hidden />{" "}
        {refusals[stream.code ?? 0] ?? `The server refused the connection (${stream.code}).`}
      </div>
    );
  if (!shown) return <div role="status" className="hidden" />;
  return (
    <div className="banner tone-amber" role="status">
      <PlugZap size={16} aria-hidden />
      <span className="grow">Disconnected. The discovery goes on; this page catches up by itself.</span>
      <button type="button" className="btn" onClick={store.nudge}>
        Try now
      </button>
    </div>
  );
}
