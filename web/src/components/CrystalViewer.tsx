import { lazy, Suspense, useMemo } from "react";
import { leaderboard } from "../run/candidates";
import type { Discovery, StructureRef } from "../run/view";
import { useUi } from "../ui/state";
import { Skeleton } from "./Bits";
import { Boundary } from "./Boundary";

// WebGL comes in a piece of its own, when the first crystal is to be shown.
const StructurePanel = lazy(() => import("../structure/StructurePanel"));

/** The crystal of the discovery: the chosen structure, or what is being relaxed, or the best so far. */
export function CrystalViewer({ discovery: d }: { discovery: Discovery | undefined }) {
  const chosen = useUi((u) => u.selection.structure);
  const frame = useUi((u) => u.selection.frame);
  const select = useUi((u) => u.select);
  const shortcuts = useUi((u) => u.shortcuts);
  const best = useMemo(() => (d ? (leaderboard(d)[0]?.id ?? d.structures.at(-1)?.id) : undefined), [d]);
  const structures = useMemo(() => distinct(d?.structures ?? []), [d]);
  const id = chosen ?? (d ? [...d.relaxing.keys()].at(-1) : undefined) ?? best;
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
          />
        </Suspense>
      </Boundary>
    </div>
  );
}

function distinct(list: readonly StructureRef[]): StructureRef[] {
  return [...new Map(list.map((s) => [s.id, s])).values()];
}
