// Results by tool; what no renderer knows is shown as facts, tables and JSON.
import { createContext, type ReactNode, useContext, useState } from "react";
import { formatNumber, formatValue, unitSymbol, words } from "../lib/format";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { unitOf } from "../lib/units";
import type { Call } from "../run/view";
import { StructureLink } from "./StructureLink";

type Fields = Record<string, unknown>;

export function Arguments({ of }: { of: Fields }) {
  const entries = Object.entries(of);
  if (entries.length === 0) return null;
  return (
    <p className="args small">
      <span className="hidden">Arguments: </span>
      {entries.map(([k, v]) => (
        <span key={k} className="arg">
          <span className="soft">{k}</span> <code className="small">{short(v)}</code>
        </span>
      ))}
    </p>
  );
}

function short(v: unknown): string {
  if (Array.isArray(v) && v.length > 3) return `[${v.slice(0, 2).map(short).join(", ")}, … ${v.length} in all]`;
  const s = typeof v === "string" ? v : JSON.stringify(v);
  return s.length > 120 ? `${s.slice(0, 117)}…` : s;
}

/** Columns worth showing of a list of objects, by tool; others show what they have. */
const columns: Record<string, readonly string[]> = {
  validate_composition: ["formula", "valid", "assignment", "reason"],
  filter_compositions: ["formula", "assignment", "n_atoms"],
  generate_crystal_csp: ["structure_id", "label", "origin", "n_atoms", "space_group", "volume_per_atom"],
  relax_structures: [
    "rank",
    "structure_id",
    "label",
    "energy_per_atom",
    "energy_above_best",
    "max_force",
    "space_group_symbol",
    "converged",
  ],
  prescreen_structures: ["rank", "structure_id", "energy_per_atom", "max_force"],
  calculate_formation_energy: ["formula", "formation_energy_per_atom", "energy_per_atom", "expression", "converged"],
  analyze_coordination: [
    "element",
    "coordination_number",
    "neighbors",
    "bond_length_mean",
    "bond_length_min",
    "bond_length_max",
  ],
  analyze_space_group: ["element", "letter", "count"],
};

const lists: Record<string, string> = {
  generate_crystal_csp: "structures",
  parse_structure: "structures",
  analyze_space_group: "wyckoff",
};

const leftOut = new Set([
  "artifacts",
  "structures",
  "potential",
  "items",
  "wyckoff",
  "scan",
  "smact_version",
  "generators",
]);

/** The path of the number that was followed here, such as items.0.energy_per_atom. */
const CitedPath = createContext<string | undefined>(undefined);

export function ToolResult({ call, cited }: { call: Call; cited?: string | undefined }) {
  const result = call.result ?? {};
  const listName = lists[call.tool] ?? "items";
  const rows = objects(result[listName]);
  const potential = result.potential as Fields | undefined;
  return (
    <CitedPath value={cited}>
      <div className="col">
        <Facts of={result} skip={new Set([...leftOut, listName])} />
        {rows.length > 0 ? <Rows rows={rows} name={listName} pick={columns[call.tool]} /> : null}
        {potential && typeof potential.name === "string" ? (
          <p className="small soft">
            Potential: {String(potential.name)} {String(potential.version ?? "")}
            {potential.energy_level ? `, trained on ${String(potential.energy_level)}` : ""}, on{" "}
            {String(potential.device ?? "?")}
          </p>
        ) : null}
        <Raw of={result} />
      </div>
    </CitedPath>
  );
}

function useMark(): (path: string) => string {
  const cited = useContext(CitedPath);
  return (path) => (path === cited ? "cited" : "");
}

function objects(x: unknown): Fields[] {
  return Array.isArray(x) ? x.filter((v): v is Fields => typeof v === "object" && v !== null && !Array.isArray(v)) : [];
}

function Facts({ of, skip }: { of: Fields; skip: ReadonlySet<string> }) {
  const mark = useMark();
  const entries = Object.entries(of).filter(
    ([k, v]) => !skip.has(k) && v !== null && v !== "" && !(Array.isArray(v) && v.length === 0),
  );
  const plain = entries.filter(([, v]) => typeof v !== "object");
  const nested = entries.filter(([, v]) => typeof v === "object" && !Array.isArray(v)) as [string, Fields][];
  return (
    <>
      {plain.length > 0 ? (
        <dl className="inline-facts">
          {plain.map(([k, v]) => (
            <div key={k}>
              <dt>{words(k)}</dt>
              <dd className={mark(k)}>{cell(k, v)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {nested.map(([k, v]) => (
        <dl key={k} className="inline-facts">
          <div>
            <dt>{words(k)}</dt>
            <dd className="soft">:</dd>
          </div>
          {Object.entries(v)
            .filter(([, x]) => typeof x !== "object")
            .map(([name, x]) => (
              <div key={name}>
                <dt>{words(name)}</dt>
                <dd className={mark(`${k}.${name}`)}>{cell(name, x)}</dd>
              </div>
            ))}
        </dl>
      ))}
    </>
  );
}

const first = 8;

function Rows({ rows, name, pick }: { rows: Fields[]; name: string; pick: readonly string[] | undefined }) {
  const [all, setAll] = useState(false);
  const mark = useMark();
  const [, row, field] = useContext(CitedPath)?.match(new RegExp(`^${name}\\.(\\d+)\\.(\\w+)$`)) ?? [];
  const names = (pick ?? Object.keys(rows[0] ?? {}).slice(0, 7)).filter((n) =>
    rows.some((r) => r[n] !== null && r[n] !== undefined),
  );
  if (field && !names.includes(field) && rows[Number(row)]?.[field] !== undefined) names.push(field);
  const shown = all || Number(row) >= first ? rows : rows.slice(0, first);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached by keyboard */}
      <div className="scroll-x" role="group" tabIndex={0} aria-label="Result">
        <table className="dense result">
          <thead>
            <tr>
              {names.map((n) => (
                <th key={n} className={typeof rows[0]?.[n] === "number" ? "r" : ""}>
                  {words(n.replace(/_id$/, ""))}
                  {unitOf(n) ? <span className="soft nowrap"> / {unitSymbol(unitOf(n))}</span> : null}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((r, i) => (
              <tr key={i}>
                {names.map((n) => (
                  <td key={n} className={`${typeof r[n] === "number" ? "r num" : ""} ${mark(`${name}.${i}.${n}`)}`}>
                    {cell(n, r[n], true)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > first ? (
        <button type="button" className="btn quiet start" onClick={() => setAll(!all)}>
          {all ? `Show the first ${first}` : `Show all ${rows.length}`}
        </button>
      ) : null}
    </>
  );
}

function cell(name: string, v: unknown, bare = false): ReactNode {
  if (v === null || v === undefined) return <span className="soft">–</span>;
  if (typeof v === "string") {
    if (/^st_[0-9a-f]{26}$/.test(v)) return <StructureLink id={v} />;
    if (name === "formula" || name === "element") return <Formula of={v} />;
    if (name === "space_group_symbol") return <SpaceGroupSymbol of={v} />;
    return v;
  }
  if (typeof v === "boolean")
    return (
      <span className={v ? "ink-green" : "ink-red"}>
        {name === "valid" ? (v ? "valid" : "not valid") : v ? "yes" : "no"}
      </span>
    );
  if (typeof v === "number")
    return <span className="num">{bare ? formatNumber(v, unitOf(name)) : formatValue(v, unitOf(name), name)}</span>;
  const g = v as Fields;
  if (typeof g.symbol === "string" && typeof g.number === "number")
    return (
      <>
        <SpaceGroupSymbol of={g.symbol} /> <span className="soft">({g.number})</span>
      </>
    );
  if (Array.isArray(v)) return v.map(String).join(", ");
  return Object.entries(g)
    .map(([k, x]) => `${k} ${String(x)}`)
    .join(", ");
}

function Raw({ of }: { of: Fields }) {
  return (
    <details className="raw small">
      <summary>JSON</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: text that scrolls is reached by keyboard */}
      <pre tabIndex={0}>{JSON.stringify(of, null, 1).slice(0, 20_000)}</pre>
    </details>
  );
}
