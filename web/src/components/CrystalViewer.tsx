import { lazy, Suspense, useMemo } from "react";
import { leaderboard } from "../run/candidates";
import type { Discovery, StructureRef } from "../run/view";
import { useUi } from "../ui/state";
import { Skeleton } from "./Bits";

// The viewer is the largest part of the page; it is fetched when first needed.
const StructurePanel = lazy(() => import("../structure/StructurePanel"));

/** The chosen structure, or the best there is. */
export function useShownStructure(d: Discovery | undefined): string | undefined {
  const chosen = useUi((u) => u.selection.structure);
  const best = useMemo(() => (d ? (leaderboard(d)[0]?.id ?? d.structures.at(-1)?.id) : undefined), [d]);
  return chosen ?? best;
}

/** The crystals of the discovery: the chosen one, or the best so far. */
export function CrystalViewer({ discovery: d }: { discovery: Discovery | undefined }) {
  const id = useShownStructure(d);
  const { frame } = useUi((u) => u.selection);
  const select = useUi((u) => u.select);
  const shortcuts = useUi((u) => u.shortcuts);
  const structures = useMemo(() => distinct(d?.structures ?? []), [d?.structures]);
  return (
    <div className="crystal">
      <Suspense fallback={<Skeleton lines={6} label="The viewer is being fetched" />}>
        <StructurePanel
          structures={structures}
          selectedId={id}
          onSelect={(structure) => select({ structure })}
          frame={frame}
          onFrame={(f) => select({ frame: f })}
          shortcuts={shortcuts}
        />
      </Suspense>
    </div>
  );
}

/** Each structure once: two calls may come to the same one. */
function distinct(list: readonly StructureRef[]): StructureRef[] {
  return [...new Map(list.map((s) => [s.id, s])).values()];
}
