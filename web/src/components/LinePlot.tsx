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

/** Where the points of a series stand, and what its axes say; undefined where there is no curve. */
function drawn(series: Series) {
  const pts = series.points.filter(([, y]) => Number.isFinite(y) && (!series.log || y > 0));
  if (pts.length < 2) return undefined;
  const ys = pts.map(([, y]) => (series.log ? Math.log10(y) : y));
  const x0 = pts[0]?.[0] ?? 0;
  const x1 = pts.at(-1)?.[0] ?? 1;
  const lo = Math.min(...ys);
  const hi = Math.max(...ys);
  const sx = (x: number) => left + ((x - x0) / (x1 - x0 || 1)) * (width - left - 10);
  const sy = (y: number) => 10 + ((hi - y) / (hi - lo || 1)) * (height - bottom - 14);
  const span = series.log ? 10 ** hi - 10 ** lo : hi - lo;
  const said = (v: number) => tick(series.log ? 10 ** v : v, span, series.unit);
  return {
    path: pts.map(([x], i) => `${i === 0 ? "M" : "L"}${sx(x).toFixed(1)} ${sy(ys[i] ?? 0).toFixed(1)}`).join(""),
    last: pts.at(-1)?.[1],
    x: { from: x0, to: x1, place: sx },
    y: { low: said(lo), high: said(hi) },
    /** The step at a place of the drawing. */
    stepAt: (x: number) => Math.round(x0 + ((x - left) / (width - left - 10)) * (x1 - x0)),
  };
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
  const curve = drawn(series);
  if (!curve) return null;
  const { x, y, last } = curve;
  return (
    <figure className="plot-box">
      <figcaption className="small row" id={id}>
        <span className={`swatch s${series.tone}`} aria-hidden />
        {series.label} <span className="soft">/ {unitSymbol(series.unit)}</span>
        {last === undefined ? null : <span className="num small tail">{formatNumber(last, series.unit)}</span>}
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        className="plot"
        role="img"
        aria-labelledby={id}
        onPointerDown={(e) => {
          const r = e.currentTarget.getBoundingClientRect();
          onCursor?.(curve.stepAt(((e.clientX - r.left) / r.width) * width));
        }}
      >
        <line x1={left} x2={width - 10} y1={height - bottom} y2={height - bottom} className="axis" />
        <text x={left - 6} y={14} className="tick end">
          {y.high}
        </text>
        <text x={left - 6} y={height - bottom} className="tick end">
          {y.low}
        </text>
        <text x={left} y={height - 8} className="tick">
          {x.from}
        </text>
        <text x={width - 10} y={height - 8} className="tick end">
          {xLabel} {x.to}
        </text>
        <path d={curve.path} className={`curve s${series.tone}`} />
        {cursor !== undefined && cursor >= x.from && cursor <= x.to ? (
          <line x1={x.place(cursor)} x2={x.place(cursor)} y1={6} y2={height - bottom} className="cursor" />
        ) : null}
      </svg>
    </figure>
  );
}
