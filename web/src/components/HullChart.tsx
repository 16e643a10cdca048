import { useMemo } from "react";
import { asSentence, counted, formatNumber } from "../lib/format";
import { Formula } from "../lib/formula";
import { type Hull, hulls } from "../run/candidates";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { HullDrawing } from "./HullDrawing";

/** Energies above the hull: a line for two elements, a triangle for three, a list for more. */
export default function HullChart({ discovery }: { discovery: Discovery }) {
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
    <div className="hull-pane">
      <div className="col pad hulls">
        {all.map((h) => (
          <section key={h.system} className="col" aria-label={`Hull of ${h.system}`}>
            <h3>{h.system}</h3>
            <div className="hull-body">
              <HullDrawing hull={h} />
              <List hull={h} />
            </div>
            <p className="small soft">
              {asSentence(h.kind)}, {counted(h.entries, "phase")}, built {h.date}. At 0 K, without vibrations, and only
              relative to these phases.
              {h.missing.length > 0 ? ` Missing: ${h.missing.join(", ")}.` : ""}
            </p>
          </section>
        ))}
      </div>
    </div>
  );
}

function List({ hull }: { hull: Hull }) {
  const select = useUi((u) => u.select);
  const rows = [...hull.points].sort((a, b) => a.formation - b.formation);
  return (
    <table className="dense hull-list">
      <thead>
        <tr>
          <th>phase</th>
          <th className="r">eV/atom</th>
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
