import { lazy, Suspense, useMemo } from "react";
import { leaderboard, ranked } from "../run/candidates";
import { lineageOf } from "../run/lineage";
import type { Discovery, StructureRef } from "../run/view";
import { useUi } from "../ui/state";
import { Skeleton } from "./Bits";
import { Boundary } from "./Boundary";

// WebGL comes in a piece of its own, when the first crystal is to be shown.
const StructurePanel = lazy(() => import("../structure/StructurePanel"));

/** The crystal of the discovery: the chosen structure, or what is being relaxed, or the best so far. */
export function CrystalViewer({ discovery: d, ask }: { discovery: Discovery | undefined; ask: boolean }) {
  const chosen = useUi((u) => u.selection.structure);
  const frame = useUi((u) => u.selection.frame);
  const select = useUi((u) => u.select);
  const shortcuts = useUi((u) => u.shortcuts);
  const setDraft = useUi((u) => u.setDraft);
  const best = useMemo(() => (d ? (leaderboard(d)[0]?.id ?? d.structures.at(-1)?.id) : undefined), [d]);
  const id = chosen ?? (d ? [...d.relaxing.keys()].at(-1) : undefined) ?? best;
  const structures = useMemo(() => (d ? choices(d, id) : []), [d, id]);
  const live = id === undefined ? undefined : d?.relaxing.get(id);
  return (
    <div className="crystal">
      <Boundary what="The crystal viewer">
        <Suspense fallback={<Skeleton lines={6} label="The crystal viewer is loading" />}>
          <StructurePanel
            structures={structures}
            selectedId={id}
            onSelect={(structure) => select({ structure })}
            frame={frame}
            live={live}
            onFrame={(f) => select({ ...(id ? { structure: id } : {}), frame: f })}
            shortcuts={shortcuts}
            onAsk={ask ? (s) => setDraft(`Relax structure ${s.id} (${s.formula}, from ${s.label}), and `) : undefined}
          />
        </Suspense>
      </Boundary>
    </div>
  );
}

const most = 300; // to choose from; the leaderboard holds all

/** Each structure once, the best first, by the name of what it was; the chosen one is always among them. */
function choices(d: Discovery, chosen: string | undefined): StructureRef[] {
  const from = lineageOf(d);
  return ranked(d)
    .filter((s, i) => i < most || s.id === chosen)
    .map((s) => {
      const label = from.label(s.id);
      return label ? { ...s, label: s.origin === "relaxed" ? `${label}, relaxed` : label } : s;
    });
}
