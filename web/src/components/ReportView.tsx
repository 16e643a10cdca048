import { Download } from "lucide-react";
import { useReport } from "../api/queries";
import type { Report } from "../api/types";
import { saveFile } from "../lib/download";
import { asSentence, counted, formatCount, formatSeconds, words } from "../lib/format";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { resolver, sourcedWords } from "../run/values";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { ProblemNote, Skeleton, StatusBadge } from "./Bits";
import { Markdown } from "./Markdown";
import { StructureLink } from "./StructureLink";
import { Chip, ResolveContext } from "./ValueChip";

/** The answer: every number a chip, then how it was checked. */
export function ReportView({ discovery: d, stored }: { discovery: Discovery; stored?: Report | undefined }) {
  const fetched = useReport(stored ? undefined : d.id, true);
  const report = stored ?? fetched.data;
  const resolve = resolver(d, report);
  if (!report)
    return fetched.isError ? (
      <div className="report" role="group" aria-label="Report">
        {d.complete?.summary ? <Markdown text={d.complete.summary} /> : null}
        <ProblemNote error={fetched.error} onRetry={() => void fetched.refetch()} />
      </div>
    ) : (
      <Skeleton lines={5} label="The report is being fetched" />
    );
  return (
    <ResolveContext value={resolve}>
      <div className="report" role="group" aria-label="Report">
        <p className="row wrap">
          <StatusBadge status={report.status} />
          {report.details && report.details !== report.summary ? (
            <span className="soft">{asSentence(report.details)}</span>
          ) : null}
        </p>
        <Markdown text={report.summary_cited || citedText(d, report)} />
        {report.assumptions.length > 0 ? (
          <>
            <h3>Assumptions</h3>
            <ul className="bullets">
              {report.assumptions.map((a) => (
                <li key={a}>
                  <Markdown text={a} />
                </li>
              ))}
            </ul>
          </>
        ) : null}
        <Compositions report={report} />
        <KeyValues report={report} />
        <Footer report={report} />
      </div>
    </ResolveContext>
  );
}

/** The answer with its citations where it is what the report rendered; else the report's own text. */
function citedText(d: Discovery, report: Report): string {
  const last = d.turns.at(-1);
  if (!last?.ended || last.planned.length > 0 || report.validation.unsourced.length > 0) return report.summary;
  return last.text;
}

function Compositions({ report }: { report: Report }) {
  const select = useUi((u) => u.select);
  if (report.compositions.length === 0) return null;
  return (
    <>
      <h3>Compositions</h3>
      <table className="dense">
        <tbody>
          {report.compositions.map((c) => (
            <tr key={`${c.call_id} ${c.formula}`}>
              <td>
                <Formula of={c.formula} />
              </td>
              <td className={c.valid === null ? "soft" : c.valid ? "ink-green" : "ink-red"}>
                {c.valid === null ? "not applicable" : c.valid ? "valid" : "not valid"}
                {c.mixed_valence ? ", mixed valence" : ""}
              </td>
              <td className="soft">{c.assignment || c.reason}</td>
              <td className="r">
                <button type="button" className="chip link" onClick={() => select({ step: c.call_id })}>
                  {c.call_id}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function KeyValues({ report }: { report: Report }) {
  const shown = report.values.filter((v) => v.name !== "composition_valid");
  if (shown.length === 0) return null;
  return (
    <details className="values">
      <summary>{shown.length} numbers and where each comes from</summary>
      <table className="dense">
        <thead>
          <tr>
            <th>name</th>
            <th className="r">value</th>
            <th>of</th>
            <th>potential</th>
            <th className="r">call</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((v) => (
            <tr key={v.key}>
              <td>{words(v.name)}</td>
              <td className="r">
                <Chip
                  source={{
                    key: v.key,
                    name: v.name,
                    value: v.value,
                    unit: v.unit,
                    callId: v.call_id,
                    tool: v.tool,
                    converged: v.converged,
                    ...(v.structure_id ? { structureId: v.structure_id } : {}),
                    ...(v.formula ? { formula: v.formula } : {}),
                    ...(v.expression ? { expression: v.expression } : {}),
                    ...(v.potential
                      ? {
                          potential: `${v.potential.name} ${v.potential.version}`,
                          level: v.potential.energy_level,
                          checkpoint: v.potential.checkpoint_sha256,
                        }
                      : {}),
                  }}
                />
              </td>
              <td>{v.formula ? <Formula of={v.formula} /> : "–"}</td>
              <td className="soft">{v.potential ? v.potential.name : "–"}</td>
              <td className="r">
                <code className="small">{v.call_id}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Footer({ report }: { report: Report }) {
  const v = report.validation;
  const u = report.usage;
  return (
    <footer className="col small soft">
      <Sources of={v} />
      <p>
        {report.agent.model ? `${report.agent.model} (${report.agent.provider})` : "no model"} ·{" "}
        {formatCount(u.tokens_in)} tokens in, {formatCount(u.tokens_out)} out · {counted(u.tool_calls, "tool call")} ·{" "}
        {formatSeconds(u.wall_s)}
        {u.cost !== null ? ` · cost ${u.cost.toFixed(4)}` : ""}
      </p>
      <p className="row wrap">
        <BestStructures report={report} />
        <button type="button" className="btn" onClick={() => save(report)}>
          <Download size={14} aria-hidden /> Report as JSON
        </button>
      </p>
    </footer>
  );
}

/** Where the numbers of the answer come from; an answer without numbers earns no praise for it. */
function Sources({ of: v }: { of: Report["validation"] }) {
  const struck = v.unsourced.length;
  if (v.values_total === 0 && struck === 0) return <p>The answer cites no number.</p>;
  return (
    <p className={struck > 0 ? "ink-amber" : "ink-green"}>
      {sourcedWords(v.values_resolved, v.values_total)}
      {struck > 0 ? `; ${struck} without a source struck: ${v.unsourced.join(", ")}` : "."}
    </p>
  );
}

function BestStructures({ report }: { report: Report }) {
  const ids = report.candidates.map((c) => c.best_structure_id).filter(Boolean);
  const best = report.structures.filter((s) => ids.includes(s.id));
  return (
    <>
      {best.slice(0, 5).map((s) => (
        <span key={s.id} className="row">
          <StructureLink id={s.id} label={s.formula} />
          {s.space_group ? <SpaceGroupSymbol of={s.space_group.symbol} /> : null}
        </span>
      ))}
    </>
  );
}

function save(report: Report): void {
  saveFile(`${report.discovery_id}.report.json`, `${JSON.stringify(report, null, 2)}\n`);
}
