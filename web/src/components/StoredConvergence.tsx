import { useMemo } from "react";
import { ranked } from "../run/candidates";
import { lineageOf } from "../run/lineage";
import type { Discovery } from "../run/view";
import { useTrajectory } from "../structure/trajectory";
import { useUi } from "../ui/state";
import { ProblemNote, Skeleton } from "./Bits";
import { LinePlot } from "./LinePlot";

/** How a relaxation went, from its stored path; its cursor is the frame of the crystal. */
export function StoredConvergence({ discovery: d }: { discovery: Discovery }) {
  const select = useUi((u) => u.select);
  const chosen = useUi((u) => u.selection.structure);
  const frame = useUi((u) => u.selection.frame);
  const relaxed = useMemo(() => relaxedOf(d), [d]);
  const id = relaxed.some((r) => r.id === chosen) ? chosen : relaxed[0]?.id;
  const path = useTrajectory(id, true);
  if (relaxed.length === 0 || !id) return null;
  const p = path.data;
  const steps = p?.steps ?? [];
  const at = frame === undefined ? undefined : steps[frame];
  const go = (step: number) => select({ structure: id, frame: nearest(steps, step) });
  const over = (values: ArrayLike<number> | null | undefined, per = 1) =>
    Array.from(values ?? [], (v, i) => [steps[i] ?? i, v / per] as [number, number]);
  return (
    <section aria-label="Convergence" className="col">
      <label className="row wrap small">
        <b>Convergence of</b>
        <select className="input fit" value={id} onChange={(e) => select({ structure: e.currentTarget.value })}>
          {relaxed.map((r) => (
            <option key={r.id} value={r.id}>
              {r.name}
            </option>
          ))}
        </select>
      </label>
      {path.isError ? <ProblemNote error={path.error} onRetry={() => void path.refetch()} /> : null}
      {path.isPending ? <Skeleton lines={4} label="The path of the relaxation is being fetched" /> : null}
      {p === null ? <p className="small soft">Its path was not kept.</p> : null}
      {p ? (
        <div className="plots-row">
          <LinePlot
            series={{ label: "energy", unit: "eV/atom", tone: 1, points: over(p.energies, p.n) }}
            xLabel="step"
            {...(at === undefined ? {} : { cursor: at })}
            onCursor={go}
          />
          <LinePlot
            series={{ label: "largest force", unit: "eV/angstrom", tone: 2, log: true, points: over(p.fmax) }}
            xLabel="step"
            {...(at === undefined ? {} : { cursor: at })}
            onCursor={go}
          />
        </div>
      ) : null}
    </section>
  );
}

function relaxedOf(d: Discovery): { id: string; name: string }[] {
  const from = lineageOf(d);
  return ranked(d)
    .filter((s) => s.origin === "relaxed" && !from.duplicates.has(s.id))
    .map((s) => ({
      id: s.id,
      name: [s.formula, from.label(s.id), s.spaceGroup?.symbol].filter(Boolean).join(" · "),
    }));
}

function nearest(steps: readonly number[], step: number): number {
  let best = 0;
  steps.forEach((s, i) => {
    if (Math.abs(s - step) < Math.abs((steps[best] ?? 0) - step)) best = i;
  });
  return best;
}
