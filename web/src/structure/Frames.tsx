import { thin } from "../lib/format";
import { type Crystal, frameCount, type Viewer } from "../viewer";
import { FramePlot } from "./FramePlot";

const minus = (s: string) => s.replace("-", "−");

/** The frames of a relaxation: play, step, scrub; plot and slider are one cursor. */
export function Frames({
  crystal,
  viewer,
  frame,
  playing,
  onFrame,
}: {
  crystal: Crystal;
  viewer: Viewer | null;
  frame: number;
  playing: boolean;
  onFrame: (f: number) => void;
}) {
  const frames = frameCount(crystal);
  if (frames < 2) return null;
  const step = crystal.steps?.[frame] ?? frame;
  const energy = crystal.energies?.[frame];
  const fmax = crystal.fmax?.[frame];
  const said = [
    `step ${step}`,
    energy === undefined ? "" : `energy ${minus((energy / crystal.n).toFixed(4))} eV per atom`,
    fmax === undefined ? "" : `largest force ${fmax.toFixed(3)} eV per angstrom`,
  ]
    .filter(Boolean)
    .join(", ");
  return (
    <section className="st-frames" aria-label="Relaxation">
      <FramePlot energies={crystal.energies} fmax={crystal.fmax} frame={frame} onFrame={onFrame} />
      <div className="row st-scrub">
        <Tool
          label={playing ? "Pause" : "Play"}
          titled
          off={!viewer}
          run={() => (playing ? viewer?.pause() : viewer?.play())}
          sign={playing ? "❚❚" : "▶"}
        />
        <Tool label="Frame before" off={frame === 0} run={() => onFrame(frame - 1)} sign="‹" />
        <input
          type="range"
          className="grow"
          min={0}
          max={frames - 1}
          value={frame}
          aria-label="Frame"
          aria-valuetext={said}
          onChange={(e) => onFrame(Number(e.currentTarget.value))}
        />
        <Tool label="Frame after" off={frame === frames - 1} run={() => onFrame(frame + 1)} sign="›" />
        <span className="small num st-readout">
          step {step}
          {energy === undefined ? null : (
            <span className="st-key-energy">
              {minus((energy / crystal.n).toFixed(4))}
              {thin}eV/atom
            </span>
          )}
          {fmax === undefined ? null : (
            <span className="st-key-fmax">
              {fmax.toFixed(3)}
              {thin}eV/Å
            </span>
          )}
        </span>
      </div>
    </section>
  );
}

function Tool(p: { label: string; titled?: boolean; off: boolean; run: () => void; sign: string }) {
  return (
    <button
      type="button"
      className="btn icon quiet"
      aria-label={p.label}
      title={p.titled ? p.label : undefined}
      disabled={p.off}
      onClick={p.run}
    >
      {p.sign}
    </button>
  );
}
