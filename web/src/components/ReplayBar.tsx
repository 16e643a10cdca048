import { Pause, Play, X } from "lucide-react";
import { useEffect } from "react";
import { useRunStore, useSnapshot } from "../hooks/useRun";
import { formatSeconds } from "../lib/format";
import { firstMoment } from "../run/replay";
import { useUi } from "../ui/state";

/** Plays a run back: what is shown at event k is the fold of the first k events. */
export function ReplayBar() {
  const at = useUi((u) => u.replayAt);
  const playing = useUi((u) => u.playing);
  const set = useUi((u) => u.setReplay);
  const playOn = useUi((u) => u.playOn);
  const store = useRunStore();
  const { size } = useSnapshot();
  useEffect(() => {
    if (!playing || at === undefined || size === 0) return;
    const events = store.playback().events;
    if (at >= size) {
      playOn(size, false);
      return;
    }
    // Nothing is to be seen before the first question.
    const first = firstMoment(events);
    if (at < first) {
      playOn(first);
      return;
    }
    const t = setTimeout(() => playOn(Math.min(size, at + strideOf(size))), waitFor(events, at));
    return () => clearTimeout(t);
  }, [playing, at, size, playOn, store]);
  if (at === undefined) return null;
  const play = () => playOn(at >= size ? 0 : at, at >= size || !playing);
  const events = store.playback().events;
  const now = events[Math.max(0, at - 1)]?.timestamp;
  const since = now === undefined ? 0 : now - (events[0]?.timestamp ?? now);
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
        aria-valuetext={`event ${at} of ${size}, ${formatSeconds(since)} after the beginning`}
        onChange={(e) => set(Number(e.target.value))}
        className="grow"
      />
      <span className="num small nowrap">{formatSeconds(since)}</span>
      <span className="num small soft nowrap">
        {at} / {size}
      </span>
      <button type="button" className="btn icon quiet" aria-label="End the replay" onClick={() => set(undefined)}>
        <X size={14} aria-hidden />
      </button>
    </div>
  );
}

const longest = 3000; // steps of a replay

/** A run of very many events is played in larger steps. */
function strideOf(size: number): number {
  return Math.max(1, Math.ceil(size / longest));
}

/** The run's own rhythm, quickened, with no pause above half a second. */
function waitFor(events: readonly { timestamp: number }[], at: number): number {
  const a = events[at - 1];
  const b = events[at];
  return a && b ? Math.min(500, Math.max(16, (b.timestamp - a.timestamp) * 100)) : 16;
}
