import { lazy, memo, Suspense } from "react";
import type { Report } from "../api/types";
import { SpaceGroupSymbol } from "../lib/formula";
import { type Discovery, isClosed } from "../run/view";
import { type ResultTab, useUi } from "../ui/state";
import { Skeleton, Tabs } from "./Bits";
import { Boundary } from "./Boundary";
import { Leaderboard } from "./Leaderboard";
import { StructureLink } from "./StructureLink";

// Drawings come when somebody looks at one.
const HullChart = lazy(() => import("./HullChart"));
const Plots = lazy(() => import("./Plots"));
const ValidationPanel = lazy(() => import("./ValidationPanel"));

const tabs: { id: ResultTab; label: string }[] = [
  { id: "candidates", label: "Candidates" },
  { id: "hull", label: "Hull" },
  { id: "plots", label: "Plots" },
  { id: "checks", label: "Checks" },
  { id: "structures", label: "Structures" },
];

interface Props {
  discovery: Discovery | undefined;
  stored?: Report | undefined;
}

/** What came out, live: candidates, hull, plots, checks, structures. */
export const ResultsPanel = memo(function ResultsPanel({ discovery, stored }: Props) {
  const at = useUi((u) => u.resultTab);
  const pick = useUi((u) => u.setResultTab);
  return (
    <Tabs tabs={tabs} at={at} onPick={pick} label="Results">
      {discovery ? (
        <Boundary key={at} what="This panel">
          <Suspense fallback={<Skeleton lines={4} label="The panel is loading" />}>
            {at === "candidates" ? <Leaderboard discovery={discovery} /> : null}
            {at === "hull" ? <HullChart discovery={discovery} /> : null}
            {at === "plots" ? <Plots discovery={discovery} /> : null}
            {at === "checks" ? <ValidationPanel discovery={discovery} stored={stored} /> : null}
            {at === "structures" ? <StructureList discovery={discovery} /> : null}
          </Suspense>
        </Boundary>
      ) : (
        <div className="empty">
          <p>Results appear here while the discovery works.</p>
        </div>
      )}
    </Tabs>
  );
}, same);

/** Results are made of what lasts; the plots follow live values by themselves. */
function same(a: Props, b: Props): boolean {
  return a.stored === b.stored && a.discovery?.id === b.discovery?.id && a.discovery?.settled === b.discovery?.settled;
}

function StructureList({ discovery: d }: { discovery: Discovery }) {
  const select = useUi((u) => u.select);
  if (d.structures.length === 0)
    return (
      <div className="empty">
        <p>{isClosed(d.status) ? "This discovery made no structure." : "No structure was made yet."}</p>
      </div>
    );
  return (
    <ul className="structures pad">
      {d.structures.slice(0, 500).map((s) => (
        <li key={`${s.step} ${s.id}`} className="row">
          <StructureLink id={s.id} label={s.formula} />
          <span className="ellipsis grow small soft">{s.label || s.origin}</span>
          {s.spaceGroup ? <SpaceGroupSymbol of={s.spaceGroup.symbol} /> : null}
          <button type="button" className="chip link small" onClick={() => select({ step: s.step })}>
            {s.callId}
          </button>
        </li>
      ))}
      {d.structures.length > 500 ? (
        <li className="small soft">and {d.structures.length - 500} more; the leaderboard holds all</li>
      ) : null}
    </ul>
  );
}
