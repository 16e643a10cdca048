import { useMemo, useRef, useState } from "react";
import { counted, formatNumber } from "../lib/format";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { leaderboard, type Row } from "../run/candidates";
import { type Discovery, isClosed } from "../run/view";
import { useUi } from "../ui/state";
import { Gap, type Sort, SortMark, sorted, useRows } from "./rows";

type Column = "formula" | "symbol" | "energy" | "formation" | "hull" | "nAtoms";

const all: { id: Column; label: string; unit?: string; numeric?: boolean; later?: boolean; narrow?: "hidden" }[] = [
  { id: "formula", label: "material" },
  { id: "symbol", label: "space group" },
  { id: "nAtoms", label: "atoms", numeric: true, narrow: "hidden" },
  { id: "energy", label: "energy", unit: "eV/atom", numeric: true },
  { id: "formation", later: true, label: "formation", unit: "eV/atom", numeric: true },
  { id: "hull", later: true, label: "above hull", unit: "eV/atom", numeric: true },
];

const rowHeight = 32;

/** Structures under study, best first; sorts, filters, and holds thousands. */
export function Leaderboard({ discovery }: { discovery: Discovery }) {
  const rows = useMemo(() => leaderboard(discovery), [discovery]);
  const [filter, setFilter] = useState("");
  const filtered = useMemo(() => matching(rows, filter), [rows, filter]);
  // A column of dashes says nothing that its absence does not.
  const columns = useMemo(() => all.filter((c) => !c.later || rows.some((r) => r[c.id] !== null)), [rows]);
  if (rows.length === 0)
    return (
      <div className="empty">
        <p>
          {isClosed(discovery.status)
            ? "This discovery made no structure."
            : "No candidates yet. They appear here as soon as a structure is made, with each energy as it is computed."}
        </p>
      </div>
    );
  return (
    <div className="board">
      <div className="row board-tools">
        <input
          className="input"
          type="search"
          placeholder="Filter by formula, prototype or space group"
          aria-label="Filter candidates"
          value={filter}
          onChange={(e) => setFilter(e.target.value)}
        />
        <span className="small soft nowrap">
          {filtered.length} of {rows.length}
        </span>
      </div>
      <Board rows={filtered} columns={columns} />
    </div>
  );
}

function Board({ rows, columns }: { rows: readonly Row[]; columns: typeof all }) {
  const [sort, setSort] = useState<Sort<Column>>();
  const shown = useMemo(() => arranged(rows, sort), [rows, sort]);
  const box = useRef<HTMLElement>(null);
  const { first, last, onScroll } = useRows(box, shown.length, rowHeight, 10);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by keyboard
    <section className="board-scroll" ref={box} onScroll={onScroll} tabIndex={0} aria-label="Candidates">
      <table className="dense" aria-rowcount={shown.length + 1}>
        <thead>
          <tr>
            {columns.map((c) => (
              <th
                key={c.id}
                className={`${c.numeric ? "r" : ""} ${c.narrow ? "wide-board" : ""}`}
                aria-sort={sorted(sort, c.id)}
              >
                <button type="button" className="sort" onClick={() => setSort(nextSort(sort, c.id))}>
                  {c.label}
                  <SortMark of={sorted(sort, c.id)} />
                  {c.unit ? <span className="soft block">{c.unit}</span> : null}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={first * rowHeight} span={columns.length} />
          {shown.slice(first, last).map((r, k) => (
            <Line key={r.id} row={r} index={first + k} columns={columns} />
          ))}
          <Gap height={(shown.length - last) * rowHeight} span={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

function Line({ row: r, index, columns }: { row: Row; index: number; columns: typeof all }) {
  const selected = useUi((u) => u.selection.structure === r.id);
  const select = useUi((u) => u.select);
  const choose = () => select({ structure: r.id, step: r.step });
  return (
    <tr
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={selected ? "selected" : ""}
      onClick={choose}
      style={{ height: rowHeight }}
    >
      <td className="ellipsis">
        <button type="button" className="chip link" aria-pressed={selected} onClick={choose}>
          <Formula of={r.formula} />
        </button>{" "}
        <span className="small soft">{r.label || r.origin}</span>
        {r.twins > 0 ? (
          <span className="small soft" title={`${counted(r.twins, "other candidate")} relaxed into this structure`}>
            {" "}
            +{r.twins}
            <span className="hidden"> that relaxed into it</span>
          </span>
        ) : null}
      </td>
      <td className="nowrap">
        {r.symbol ? <SpaceGroupSymbol of={r.symbol} /> : "–"}
        {r.number ? <span className="soft small"> {r.number}</span> : null}
      </td>
      <td className="r num wide-board">{r.nAtoms || "–"}</td>
      <Energy value={r.energy} doubt={r.converged === false} />
      {columns.some((c) => c.id === "formation") ? <Energy value={r.formation} doubt={r.converged === false} /> : null}
      {columns.some((c) => c.id === "hull") ? <Energy value={r.hull} doubt={false} title={r.verdict} /> : null}
    </tr>
  );
}

function Energy({ value, doubt, title }: { value: number | null; doubt: boolean; title?: string }) {
  return (
    <td className={`r num ${doubt ? "ink-red" : ""}`} title={doubt ? "not converged" : title}>
      {value === null ? <span className="soft">–</span> : formatNumber(value, "eV/atom")}
      {doubt ? <span className="hidden"> not converged</span> : null}
    </td>
  );
}

function nextSort(s: Sort<Column> | undefined, by: Column): Sort<Column> | undefined {
  if (s?.by !== by) return { by, down: false };
  return s.down ? undefined : { by, down: true };
}

function matching(rows: readonly Row[], filter: string): readonly Row[] {
  const f = filter.trim().toLowerCase();
  if (f === "") return rows;
  return rows.filter((r) => `${r.formula} ${r.label} ${r.symbol} ${r.origin} ${r.number}`.toLowerCase().includes(f));
}

function arranged(rows: readonly Row[], sort: Sort<Column> | undefined): readonly Row[] {
  return sort ? [...rows].sort((a, b) => compare(a[sort.by], b[sort.by], sort.down)) : rows;
}

/** What is not known stays last, whichever way is up. */
function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const c = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return down ? -c : c;
}
