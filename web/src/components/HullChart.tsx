import { useMemo } from "react";
import { formatNumber, formatValue } from "../lib/format";
import { Formula } from "../lib/formula";
import { type Hull, type HullPoint, hulls, shares } from "../run/candidates";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";

/** Energies above the hull: a line for two elements, a triangle for three, a list for more. */
export function HullChart({ discovery }: { discovery: Discovery }) {
  const all = useMemo(() => hulls(discovery), [discovery]);
  if (all.length === 0)
    return (
      <div className="empty">
        <p>
          No hull was computed. A discovery that asks about stability draws it here: each phase, which of them are on
          the hull, and how far above it the candidates lie.
        </p>
      </div>
    );
  return (
    <div className="col pad">
      {all.map((h) => (
        <section key={h.system} className="col" aria-label={`Hull of ${h.system}`}>
          <h3>{h.system}</h3>
          <Drawing hull={h} />
          <p className="small soft">
            {h.kind}, {h.entries} phases, built {h.date}. At 0 K, without vibrations, and only relative to these phases.
            {h.missing.length > 0 ? ` Missing: ${h.missing.join(", ")}.` : ""}
          </p>
          <List hull={h} />
        </section>
      ))}
    </div>
  );
}

function Drawing({ hull }: { hull: Hull }) {
  const elements = hull.system.split("-");
  if (elements.length === 2) return <Binary hull={hull} right={elements[1] ?? ""} left={elements[0] ?? ""} />;
  if (elements.length === 3) return <Ternary hull={hull} corners={elements as [string, string, string]} />;
  return null;
}

const width = 420;
const height = 220;
const pad = 40;

function Binary({ hull, left, right }: { hull: Hull; left: string; right: string }) {
  const low = Math.min(0, ...hull.points.map((p) => p.formation));
  const high = Math.max(0.02, ...hull.points.map((p) => p.formation));
  const x = (p: HullPoint) => pad + (shares(p.formula).get(right) ?? 0) * (width - 2 * pad);
  const y = (e: number) => 16 + ((high - e) / (high - low || 1)) * (height - 16 - pad);
  const line = hull.points.filter((p) => p.onHull).sort((a, b) => x(a) - x(b));
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      className="plot"
      role="img"
      aria-label={`Formation energies between ${left} and ${right}; the table below holds the numbers`}
    >
      <line x1={pad} x2={width - pad} y1={y(0)} y2={y(0)} className="axis" />
      <text x={pad} y={height - 12} className="tick mid">
        {left}
      </text>
      <text x={width - pad} y={height - 12} className="tick mid">
        {right}
      </text>
      <text x={4} y={y(0) + 4} className="tick">
        0
      </text>
      <text x={4} y={y(low) + 4} className="tick">
        {formatNumber(low, "eV")}
      </text>
      <polyline points={line.map((p) => `${x(p)},${y(p.formation)}`).join(" ")} className="hull-line" />
      {hull.points.map((p) => (
        <Mark key={p.structureId} p={p} x={x(p)} y={y(p.formation)} />
      ))}
    </svg>
  );
}

function Ternary({ hull, corners: [a, b, c] }: { hull: Hull; corners: [string, string, string] }) {
  const side = 250;
  const h = (side * Math.sqrt(3)) / 2;
  const at = (p: HullPoint): [number, number] => {
    const s = shares(p.formula);
    const sb = s.get(b) ?? 0;
    const sc = s.get(c) ?? 0;
    return [85 + side * (sb + sc / 2), 24 + h * (1 - sc)];
  };
  return (
    <svg
      viewBox={`0 0 ${width} ${h + 56}`}
      className="plot"
      role="img"
      aria-label={`Phases of ${hull.system}; the table below holds the numbers`}
    >
      <polygon points={`85,${24 + h} ${85 + side},${24 + h} ${85 + side / 2},24`} className="frame" />
      <text x={85} y={h + 46} className="tick mid">
        {a}
      </text>
      <text x={85 + side} y={h + 46} className="tick mid">
        {b}
      </text>
      <text x={85 + side / 2} y={14} className="tick mid">
        {c}
      </text>
      {hull.points.map((p) => {
        const [x, y] = at(p);
        return <Mark key={p.structureId} p={p} x={x} y={y} />;
      })}
    </svg>
  );
}

/** On the hull a filled disc, above it a ring; candidates are squares. */
function Mark({ p, x, y }: { p: HullPoint; x: number; y: number }) {
  const select = useUi((u) => u.select);
  const selected = useUi((u) => u.selection.structure === p.structureId);
  const cls = `mark ${p.onHull ? "on" : ""} ${p.candidate ? "candidate" : ""} ${selected ? "selected" : ""}`;
  const title = (
    <title>{`${p.formula} ${formatValue(p.formation, "eV/atom")}, ${p.onHull ? "on the hull" : "above the hull"}`}</title>
  );
  // The table below offers the same by keyboard.
  return p.candidate ? (
    <rect
      x={x - 5}
      y={y - 5}
      width={10}
      height={10}
      className={cls}
      onClick={() => select({ structure: p.structureId })}
    >
      {title}
    </rect>
  ) : (
    <circle cx={x} cy={y} r={5} className={cls} onClick={() => select({ structure: p.structureId })}>
      {title}
    </circle>
  );
}

function List({ hull }: { hull: Hull }) {
  const select = useUi((u) => u.select);
  const rows = [...hull.points].sort((a, b) => a.formation - b.formation);
  return (
    <table className="dense">
      <thead>
        <tr>
          <th>phase</th>
          <th className="r">formation / eV/atom</th>
          <th>hull</th>
          <th>from</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((p) => (
          <tr key={p.structureId}>
            <td>
              <button type="button" className="chip link" onClick={() => select({ structure: p.structureId })}>
                <Formula of={p.formula} />
              </button>
            </td>
            <td className="r num">{formatNumber(p.formation, "eV/atom")}</td>
            <td>{p.onHull ? "on" : "above"}</td>
            <td className="soft">{p.candidate ? "candidate" : p.source}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
