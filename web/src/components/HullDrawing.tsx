import { useRef } from "react";
import { type Size, useSize } from "../hooks/useSize";
import { formatNumber, formatValue } from "../lib/format";
import { type Hull, type HullPoint, shares } from "../run/candidates";
import { tieLines } from "../run/facets";
import { useUi } from "../ui/state";
import { FormulaText } from "./FormulaText";
import { labelsOf, type Spot } from "./hullLabels";

/** A line for two elements, a triangle for three; more have the table alone. */
export function HullDrawing({ hull }: { hull: Hull }) {
  const elements = hull.system.split("-");
  return elements.length === 2 || elements.length === 3 ? <Drawing hull={hull} elements={elements} /> : null;
}

const natural: Size = { width: 420, height: 220 };

/** Drawn for the room there is, so that its letters have their size. */
function Drawing({ hull, elements: [a = "", b = "", c] }: { hull: Hull; elements: readonly string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box, natural);
  return (
    <div ref={box} className="hull-box">
      {c === undefined ? (
        <Binary hull={hull} left={a} right={b} size={size} />
      ) : (
        <Ternary hull={hull} corners={[a, b, c]} size={size} />
      )}
    </div>
  );
}

const pad = 44;
const top = 26;
const bottom = 42;

interface BinaryProps {
  hull: Hull;
  left: string;
  right: string;
  size: Size;
}

function Binary({ hull, left, right, size: { width, height } }: BinaryProps) {
  const low = Math.min(0, ...hull.points.map((p) => p.formation));
  const high = Math.max(0.02, ...hull.points.map((p) => p.formation));
  const x = (p: HullPoint) => pad + (shares(p.formula).get(right) ?? 0) * (width - 2 * pad);
  const y = (e: number) => top + ((high - e) / (high - low || 1)) * (height - top - bottom);
  const line = hull.points.filter((p) => p.onHull).sort((a, b) => x(a) - x(b));
  const spots = hull.points.map((p) => ({ p, x: x(p), y: y(p.formation) }));
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      className="plot hull-plot"
      role="img"
      aria-label={`Formation energies between ${left} and ${right}; the table holds the numbers`}
    >
      <text x={4} y={12} className="tick">
        formation / eV/atom
      </text>
      <line x1={pad} x2={width - pad} y1={y(0)} y2={y(0)} className="axis" />
      <text x={pad} y={height - 8} className="tick mid">
        {left}
      </text>
      <text x={width - pad} y={height - 8} className="tick mid">
        {right}
      </text>
      <text x={4} y={y(0) + 4} className="tick">
        0
      </text>
      <text x={4} y={y(low) + 4} className="tick">
        {formatNumber(low, "eV")}
      </text>
      <polyline points={line.map((p) => `${x(p)},${y(p.formation)}`).join(" ")} className="hull-line" />
      <Marks spots={spots} right={width} bottom={height - 20} />
    </svg>
  );
}

const aside = 60; // pixels beside the triangle, for names
const below = 32;

interface TernaryProps {
  hull: Hull;
  corners: readonly [string, string, string];
  size: Size;
}

function Ternary({ hull, corners: [a, b, c], size: { width, height } }: TernaryProps) {
  const side = Math.max(40, Math.min(width - 2 * aside, ((height - 24 - below) * 2) / Math.sqrt(3)));
  const h = (side * Math.sqrt(3)) / 2;
  const x0 = (width - side) / 2;
  const place = (formula: string) => {
    const s = shares(formula);
    const sc = s.get(c) ?? 0;
    return { x: x0 + side * ((s.get(b) ?? 0) + sc / 2), y: 24 + h * (1 - sc) };
  };
  const spots = hull.points.map((p) => ({ p, ...place(p.formula) }));
  const nodes = stable(hull, [a, b, c]).map((p) => ({ ...place(p.formula), z: p.formation }));
  const lines = tieLines(nodes);
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      className="plot hull-plot"
      role="img"
      aria-label={`Phases of ${hull.system}; the table holds the numbers`}
    >
      <polygon points={`${x0},${24 + h} ${x0 + side},${24 + h} ${x0 + side / 2},24`} className="frame" />
      {lines.map(([i, j]) => (
        <line
          key={`${i} ${j}`}
          x1={nodes[i]?.x}
          y1={nodes[i]?.y}
          x2={nodes[j]?.x}
          y2={nodes[j]?.y}
          className="hull-line tie"
        />
      ))}
      <text x={x0} y={h + 46} className="tick mid">
        {a}
      </text>
      <text x={x0 + side} y={h + 46} className="tick mid">
        {b}
      </text>
      <text x={x0 + side / 2} y={14} className="tick mid">
        {c}
      </text>
      <Marks spots={spots} right={width} bottom={h + 36} />
    </svg>
  );
}

/** What is on the hull; the elements are, whether or not they are listed. */
function stable(hull: Hull, elements: readonly string[]): { formula: string; formation: number }[] {
  const on: { formula: string; formation: number }[] = hull.points.filter((p) => p.onHull);
  const pure = (el: string) => on.some((p) => (shares(p.formula).get(el) ?? 0) === 1);
  return [...on, ...elements.filter((el) => !pure(el)).map((el) => ({ formula: el, formation: 0 }))];
}

/** On the hull a filled disc, above it a ring; candidates are squares. Each is named where there is room. */
function Marks({ spots, right, bottom }: { spots: Spot[]; right: number; bottom: number }) {
  return (
    <>
      {spots.map((s) => (
        <Mark key={s.p.structureId} {...s} />
      ))}
      {labelsOf(spots, right, bottom).map((l) => (
        <FormulaText key={l.id} of={l.formula} x={l.x} y={l.y} className={`tick ${l.anchor} hull-label`} />
      ))}
    </>
  );
}

function Mark({ p, x, y }: Spot) {
  const select = useUi((u) => u.select);
  const selected = useUi((u) => u.selection.structure === p.structureId);
  const cls = `mark ${p.onHull ? "on" : ""} ${p.candidate ? "candidate" : ""} ${selected ? "selected" : ""}`;
  const title = (
    <title>{`${p.formula} ${formatValue(p.formation, "eV/atom")}, ${p.onHull ? "on the hull" : "above the hull"}`}</title>
  );
  const go = () => select({ structure: p.structureId });
  // The table offers the same by keyboard.
  return p.candidate ? (
    <rect x={x - 5} y={y - 5} width={10} height={10} className={cls} onClick={go}>
      {title}
    </rect>
  ) : (
    <circle cx={x} cy={y} r={5} className={cls} onClick={go}>
      {title}
    </circle>
  );
}
