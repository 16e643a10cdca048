import { type PointerEvent, useId } from "react";

const WIDTH = 600;
const HEIGHT = 96;
const PAD = { left: 4, right: 4, top: 8, bottom: 6 };

interface Line {
  path: string;
  y: (frame: number) => number;
}

function line(values: ArrayLike<number>, log: boolean): Line {
  const v = Array.from(values, (x) => (log ? Math.log10(Math.max(x, 1e-6)) : x));
  const low = Math.min(...v);
  const high = Math.max(...v);
  const x = (k: number) => PAD.left + (k / Math.max(1, v.length - 1)) * (WIDTH - PAD.left - PAD.right);
  const at = (value: number) => PAD.top + ((high - value) / (high - low || 1)) * (HEIGHT - PAD.top - PAD.bottom);
  return {
    path: v.map((p, k) => `${k ? "L" : "M"}${x(k).toFixed(1)},${at(p).toFixed(1)}`).join(""),
    y: (k) => at(v[k] ?? low),
  };
}

/** Energy and largest force over the frames; its cursor is the frame. */
export function FramePlot({
  energies,
  fmax,
  frame,
  onFrame,
}: {
  energies: ArrayLike<number> | null;
  fmax: ArrayLike<number> | null;
  frame: number;
  onFrame: (f: number) => void;
}) {
  const title = useId();
  const frames = energies?.length ?? fmax?.length ?? 0;
  if (frames < 2) return null;
  const e = energies && line(energies, false);
  const f = fmax && line(fmax, true);
  const x = PAD.left + (frame / (frames - 1)) * (WIDTH - PAD.left - PAD.right);
  const pick = (ev: PointerEvent<SVGSVGElement>) => {
    if (ev.type === "pointermove" && ev.buttons !== 1) return;
    const r = ev.currentTarget.getBoundingClientRect();
    const share = ((ev.clientX - r.left) / r.width - PAD.left / WIDTH) / (1 - (PAD.left + PAD.right) / WIDTH);
    onFrame(Math.max(0, Math.min(frames - 1, Math.round(share * (frames - 1)))));
  };
  return (
    <svg
      className="st-plot"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-labelledby={title}
      onPointerDown={pick}
      onPointerMove={pick}
    >
      <title id={title}>Energy and largest force over {frames} frames; click to go to one</title>
      {f ? <path d={f.path} className="st-fmax" vectorEffect="non-scaling-stroke" /> : null}
      {e ? <path d={e.path} className="st-energy" vectorEffect="non-scaling-stroke" /> : null}
      <line x1={x} x2={x} y1={0} y2={HEIGHT} className="st-cursor" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
