import { useRecord } from "../api/queries";
import { useRunTime } from "../hooks/useRun";
import { counted, formatCount, formatSeconds } from "../lib/format";
import { Sentence } from "../lib/formula";
import { type Discovery, isClosed } from "../run/view";
import { Meter, StatusBadge } from "./Bits";
import { Controls } from "./Controls";
import type { MenuItem } from "./Menu";

/** What runs, who reasons, how long and at what cost, and how to stop it. */
export function RunHeader({
  discovery: d,
  live,
  onExport,
}: {
  discovery: Discovery;
  live: boolean;
  onExport: readonly MenuItem[];
}) {
  const closed = isClosed(d.status);
  const record = useRecord(live ? d.id : undefined, closed);
  const now = useRunTime(!closed);
  const elapsed = closed ? d.usage.wall_s || (d.endedAt ?? d.startedAt) - d.startedAt : Math.max(0, now - d.startedAt);
  const budget = record.data?.budget;
  const title = d.query || record.data?.query || "Discovery";
  return (
    <header className="run-head">
      <div className="row run-title">
        <StatusBadge status={d.status} />
        <h1 className="ellipsis grow" title={title}>
          <Sentence of={title} />
        </h1>
        {live ? <Controls discovery={d} onExport={onExport} /> : null}
      </div>
      <div className="row wrap small soft run-facts">
        <span>{record.data && record.data.mode !== d.mode ? `${record.data.mode}, now ${d.mode}` : d.mode}</span>
        {d.speaker ? <span title={d.provider}>{d.speaker}</span> : null}
        <span className="num small">{formatSeconds(elapsed)}</span>
        <span className="num small">
          {formatCount(d.usage.tokens_in + d.usage.tokens_out)} tokens · {counted(d.usage.tool_calls, "call")}
          {d.usage.cost !== null ? ` · cost ${d.usage.cost.toFixed(3)}` : ""}
        </span>
        {budget && !closed ? <BudgetBar elapsed={elapsed} discovery={d} budget={budget} /> : null}
      </div>
    </header>
  );
}

/** The limit that is nearest, and how near. */
function BudgetBar({
  elapsed,
  discovery: d,
  budget,
}: {
  elapsed: number;
  discovery: Discovery;
  budget: { wall_s: number; tokens: number; tool_calls: number };
}) {
  const all = [
    { name: "time", part: elapsed, whole: budget.wall_s },
    { name: "tokens", part: d.usage.tokens_in + d.usage.tokens_out, whole: budget.tokens },
    { name: "calls", part: d.usage.tool_calls, whole: budget.tool_calls },
  ].filter((b) => b.whole > 0);
  const most = all.sort((a, b) => b.part / b.whole - a.part / a.whole)[0];
  if (!most) return null;
  const share = most.part / most.whole;
  const tone = share >= 1 ? "red" : share >= 0.8 ? "amber" : "";
  return (
    <span
      className="row budget"
      title={all.map((b) => `${b.name}: ${Math.round((b.part / b.whole) * 100)} %`).join(", ")}
    >
      <Meter part={most.part} whole={most.whole} label={`Budget of ${most.name}`} tone={tone} />
      <span className={tone ? `ink-${tone}` : ""}>
        {Math.round(share * 100)} % of {most.name}
      </span>
    </span>
  );
}
