import { Pause, Play, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useRunStore, useSnapshot } from "../hooks/useRun";
import { useUi } from "../ui/state";

/** Plays a run back: what is shown at event k is the fold of the first k events. */
export function ReplayBar() {
  const at = useUi((u) => u.replayAt);
  const set = useUi((u) => u.setReplay);
  const store = useRunStore();
  const { size } = useSnapshot();
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing || at === undefined) return;
    if (at >= size) {
      setPlaying(false);
      return;
    }
    const t = setTimeout(() => set(at + 1), waitFor(store.events(), at));
    return () => clearTimeout(t);
  }, [playing, at, size, set, store]);
  if (at === undefined) return null;
  const play = () => {
    if (at >= size) set(1);
    setPlaying(at >= size || !playing);
  };
  return (
    <div className="replay row" role="group" aria-label="Replay">
      <button type="button" className="btn icon" aria-label={playing ? "Pause the replay" : "Play"} onClick={play}>
        {playing ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
      </button>
      <input
        type="range"
        min={0}
        max={size}
        value={at}
        aria-label="Event"
        aria-valuetext={`event ${at} of ${size}`}
        onChange={(e) => set(Number(e.target.value))}
        className="grow"
      />
      <span className="num small nowrap">
        {at} / {size}
      </span>
      <button type="button" className="btn icon quiet" aria-label="End the replay" onClick={() => set(undefined)}>
        <X size={14} aria-hidden />
      </button>
    </div>
  );
}

/** The run's own rhythm, quickened, with no pause above half a second. */
function waitFor(events: readonly { timestamp: number }[], at: number): number {
  const a = events[at - 1];
  const b = events[at];
  return a && b ? Math.min(500, Math.max(16, (b.timestamp - a.timestamp) * 100)) : 16;
}
