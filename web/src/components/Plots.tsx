import { useRunStore, useSnapshot } from "../hooks/useRun";
import { words } from "../lib/format";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { lineageOf } from "../run/lineage";
import type { Call, Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { LinePlot, type Series } from "./LinePlot";
import { StoredConvergence } from "./StoredConvergence";

/** How the calculations converge, live as this page sees them, then as they were stored; and energies by rank. */
export default function Plots({ discovery: d }: { discovery: Discovery }) {
  useSnapshot();
  const store = useRunStore();
  const traced = d.calls.filter((c) => store.traces.of(d.id, c.callId).length > 1);
  const ranked = d.calls.filter((c) => c.energies.length > 2);
  const stored = d.structures.some((s) => s.origin === "relaxed");
  if (traced.length + ranked.length === 0 && !stored)
    return (
      <div className="empty">
        <p>
          Energy and force are drawn here step by step while a relaxation runs, and from its stored path when it has
          ended.
        </p>
      </div>
    );
  return (
    <div className="col pad">
      {stored ? <StoredConvergence discovery={d} /> : null}
      {traced
        .filter((c) => !stored || c.status === "running")
        .map((c) => (
          <Convergence key={c.callId} call={c} discovery={d.id} />
        ))}
      {ranked.map((c) => (
        <Ranking key={`r${c.callId}`} call={c} discovery={d} />
      ))}
    </div>
  );
}

function Convergence({ call, discovery }: { call: Call; discovery: string }) {
  const points = useRunStore().traces.of(discovery, call.callId);
  const select = useUi((u) => u.select);
  const energy: Series = {
    label: "energy",
    unit: "eV/atom",
    tone: 1,
    points: points.flatMap((p, i) => (p.energy === undefined ? [] : [[i, p.energy] as [number, number]])),
  };
  const force: Series = {
    label: "largest force",
    unit: "eV/angstrom",
    tone: 2,
    log: true,
    points: points.flatMap((p, i) => (p.fmax === undefined ? [] : [[i, p.fmax] as [number, number]])),
  };
  return (
    <section aria-label={`Convergence of ${call.callId}`}>
      <h3>
        <button type="button" className="chip link" onClick={() => select({ step: call.step })}>
          {call.callId}
        </button>{" "}
        {words(call.tool)}
      </h3>
      <LinePlot series={energy} xLabel="report" />
      <LinePlot series={force} xLabel="report" />
    </section>
  );
}

function Ranking({ call, discovery }: { call: Call; discovery: Discovery }) {
  const from = lineageOf(discovery);
  const group = new Map(discovery.structures.map((s) => [s.id, s.spaceGroup?.symbol]));
  const select = useUi((u) => u.select);
  const chosen = useUi((u) => u.selection.structure);
  const all = call.energies
    .filter((e) => e.name === "energy_per_atom" && !from.duplicates.has(e.structureId ?? ""))
    .sort((a, b) => a.value - b.value)
    .slice(0, 40);
  const several = new Set(all.map((e) => e.formula)).size > 1;
  const lo = all[0]?.value ?? 0;
  const span = (all.at(-1)?.value ?? 0) - lo || 1;
  return (
    <section aria-label={`Energies of ${call.callId}`}>
      <h3>
        <button type="button" className="chip link" onClick={() => select({ step: call.step })}>
          {call.callId}
        </button>{" "}
        energy above the lowest, {call.energies[0]?.potential}
      </h3>
      <ol className="bars">
        {all.map((e) => (
          <li key={e.key}>
            <button
              type="button"
              className={`bar-row ${chosen === e.structureId ? "selected" : ""}`}
              onClick={() => select(e.structureId ? { structure: e.structureId, value: e.key } : { value: e.key })}
            >
              <span className="bar-name">
                <Name
                  formula={several ? (e.formula ?? "") : ""}
                  label={from.label(e.structureId ?? "")}
                  group={group.get(e.structureId ?? "") ?? ""}
                />
              </span>
              <span className="bar-track" aria-hidden>
                <i style={{ width: `${((e.value - lo) / span) * 100}%` }} />
              </span>
              <span className="num small">{(e.value - lo).toFixed(3)}</span>
            </button>
          </li>
        ))}
      </ol>
      <p className="small soft">eV/atom, by the same potential</p>
    </section>
  );
}

/** What tells one structure from the others: its kind, and its space group. */
function Name({ formula, label, group }: { formula: string; label: string; group: string }) {
  return (
    <>
      {formula ? <Formula of={formula} /> : null} {label || (formula ? "" : "random cell")}{" "}
      {group ? (
        <span className="soft">
          <SpaceGroupSymbol of={group} />
        </span>
      ) : null}
    </>
  );
}
