import { useId } from "react";
import { formatNumber, unitSymbol } from "../lib/format";

export interface Series {
  label: string;
  unit: string;
  points: readonly [number, number][];
  tone: 1 | 2 | 3;
  log?: boolean;
}

const width = 420;
const height = 150;
const left = 54;
const bottom = 24;

/** A number at an axis, with as many places as tell its two ends apart. */
function tick(v: number, span: number, unit: string): string {
  const places = span > 0 ? Math.min(7, Math.ceil(-Math.log10(span)) + 1) : 0;
  return places > 3 ? v.toFixed(places).replace("-", "\u2212") : formatNumber(v, unit);
}

/** One curve over steps, with a cursor that can be moved. */
export function LinePlot({
  series,
  xLabel,
  cursor,
  onCursor,
}: {
  series: Series;
  xLabel: string;
  cursor?: number;
  onCursor?: (x: number) => void;
}) {
  const id = useId();
  const pts = series.points.filter(([, y]) => Number.isFinite(y) && (!series.log || y > 0));
  if (pts.length < 2) return null;
  const ys = pts.map(([, y]) => (series.log ? Math.log10(y) : y));
  const x0 = pts[0]?.[0] ?? 0;
  const x1 = pts.at(-1)?.[0] ?? 1;
  const lo = Math.min(...ys);
  const hi = Math.max(...ys);
  const sx = (x: number) => left + ((x - x0) / (x1 - x0 || 1)) * (width - left - 10);
  const sy = (y: number) => 10 + ((hi - y) / (hi - lo || 1)) * (height - bottom - 14);
  const path = pts.map(([x], i) => `${i === 0 ? "M" : "L"}${sx(x).toFixed(1)} ${sy(ys[i] ?? 0).toFixed(1)}`).join("");
  const back = (v: number) => tick(series.log ? 10 ** v : v, series.log ? 10 ** hi - 10 ** lo : hi - lo, series.unit);
  const last = pts.at(-1);
  return (
    <figure className="plot-box">
      <figcaption className="small row" id={id}>
        <span className={`swatch s${series.tone}`} aria-hidden />
        {series.label} <span className="soft">/ {unitSymbol(series.unit)}</span>
        {last ? <span className="num small tail">{formatNumber(last[1], series.unit)}</span> : null}
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        className="plot"
        role="img"
        aria-labelledby={id}
        onPointerDown={(e) => {
          if (!onCursor) return;
          const r = e.currentTarget.getBoundingClientRect();
          const x = ((e.clientX - r.left) / r.width) * width;
          onCursor(Math.round(x0 + ((x - left) / (width - left - 10)) * (x1 - x0)));
        }}
      >
        <line x1={left} x2={width - 10} y1={height - bottom} y2={height - bottom} className="axis" />
        <text x={left - 6} y={14} className="tick end">
          {back(hi)}
        </text>
        <text x={left - 6} y={height - bottom} className="tick end">
          {back(lo)}
        </text>
        <text x={left} y={height - 8} className="tick">
          {x0}
        </text>
        <text x={width - 10} y={height - 8} className="tick end">
          {xLabel} {x1}
        </text>
        <path d={path} className={`curve s${series.tone}`} />
        {cursor !== undefined && cursor >= x0 && cursor <= x1 ? (
          <line x1={sx(cursor)} x2={sx(cursor)} y1={6} y2={height - bottom} className="cursor" />
        ) : null}
      </svg>
    </figure>
  );
}
