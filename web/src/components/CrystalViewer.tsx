import { lazy, Suspense, useCallback, useMemo } from "react";
import { useReport } from "../api/queries";
import type { Report } from "../api/types";
import { leaderboard, ranked } from "../run/candidates";
import { type Lineage, lineageOf } from "../run/lineage";
import { type Discovery, isClosed, type StructureRef } from "../run/view";
import type { StructureRef as Shown } from "../structure/types";
import { useUi } from "../ui/state";
import { Skeleton } from "./Bits";
import { Boundary } from "./Boundary";

// WebGL comes in a piece of its own, when the first crystal is to be shown.
const StructurePanel = lazy(() => import("../structure/StructurePanel"));

/** The crystal of the discovery: the chosen structure, or what is being relaxed, or the best so far. */
export function CrystalViewer({
  discovery: d,
  ask,
  stored,
}: {
  discovery: Discovery | undefined;
  ask: boolean;
  stored?: Report | undefined;
}) {
  const chosen = useUi((u) => u.selection.structure);
  const frame = useUi((u) => u.selection.frame);
  const select = useUi((u) => u.select);
  const shortcuts = useUi((u) => u.shortcuts);
  const setDraft = useUi((u) => u.setDraft);
  // A fork or a question that follows may answer from what was made before it.
  const bare = d !== undefined && d.structures.length === 0 && isClosed(d.status);
  const fetched = useReport(bare && !stored ? d.id : undefined, bare);
  const report = bare ? (stored ?? fetched.data) : undefined;
  const cited = useMemo(() => ofReport(report), [report]);
  const best = (d ? (leaderboard(d)[0]?.id ?? d.structures.at(-1)?.id) : undefined) ?? cited[0]?.id;
  const id = chosen ?? (d ? [...d.relaxing.keys()].at(-1) : undefined) ?? best;
  const listed = d && !bare ? ranked(d) : cited;
  const from = d ? lineageOf(d) : undefined;
  const structures = useMemo(() => choices(listed, from, id), [listed, from, id]);
  const live = id === undefined ? undefined : d?.relaxing.get(id);
  const onSelect = useCallback((structure: string) => select({ structure }), [select]);
  const onFrame = useCallback((f: number) => select({ ...(id ? { structure: id } : {}), frame: f }), [select, id]);
  const onAsk = useCallback(
    (s: Shown) => setDraft(`Relax structure ${s.id} (${s.formula}, from ${s.label}), and `),
    [setDraft],
  );
  return (
    <div className="crystal">
      <Boundary what="The crystal viewer">
        <Suspense fallback={<Skeleton lines={6} label="The crystal viewer is loading" />}>
          <StructurePanel
            structures={structures}
            selectedId={id}
            discovery={ask ? d?.id : undefined} // a run of a file may be deleted, or of another server
            onSelect={onSelect}
            frame={frame}
            live={live}
            onFrame={onFrame}
            shortcuts={shortcuts}
            onAsk={ask ? onAsk : undefined}
            ended={bare}
          />
        </Suspense>
      </Boundary>
    </div>
  );
}

/** The structures that a report names, those of its candidates first. */
function ofReport(report: Report | undefined): readonly StructureRef[] {
  const best = new Set(report?.candidates.map((c) => c.best_structure_id));
  const all = (report?.structures ?? []).map((s): StructureRef => {
    const ref = { id: s.id, step: "", callId: "", formula: s.formula, nAtoms: s.n_atoms, origin: s.origin };
    return { ...ref, spaceGroup: s.space_group, ...(s.label ? { label: s.label } : {}) };
  });
  return [...all.filter((s) => best.has(s.id)), ...all.filter((s) => !best.has(s.id))];
}

const most = 300; // to choose from; the leaderboard holds all

/** Each structure once, the best first, by the name of what it was; the chosen one is always among them. */
function choices(
  listed: readonly StructureRef[],
  from: Lineage | undefined,
  chosen: string | undefined,
): StructureRef[] {
  return listed
    .filter((s, i) => i < most || s.id === chosen)
    .map((s) => {
      const label = from?.label(s.id);
      return label ? { ...s, label: s.origin === "relaxed" ? `${label}, relaxed` : label } : s;
    });
}
