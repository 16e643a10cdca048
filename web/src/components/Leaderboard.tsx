import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { counted, formatNumber } from "../lib/format";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { leaderboard, type Row } from "../run/candidates";
import { type Discovery, isClosed } from "../run/view";
import { useUi } from "../ui/state";

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
  const [sort, setSort] = useState<{ by: Column; down: boolean }>();
  const [filter, setFilter] = useState("");
  const shown = useMemo(() => arranged(rows, filter, sort), [rows, filter, sort]);
  // A column of dashes says nothing that its absence does not.
  const columns = useMemo(() => all.filter((c) => !c.later || rows.some((r) => r[c.id] !== null)), [rows]);
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
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
          {shown.length} of {rows.length}
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by keyboard */}
      <section className="board-scroll" ref={box} tabIndex={0} aria-label="Candidates">
        <table className="dense" aria-rowcount={shown.length + 1}>
          <thead>
            <tr>
              {columns.map((c) => (
                <th
                  key={c.id}
                  className={`${c.numeric ? "r" : ""} ${c.narrow ? "wide-board" : ""}`}
                  aria-sort={sort?.by === c.id ? (sort.down ? "descending" : "ascending") : "none"}
                >
                  <button type="button" className="sort" onClick={() => setSort(nextSort(sort, c.id))}>
                    {c.label}
                    {sort?.by === c.id ? <span aria-hidden>{sort.down ? " ↓" : " ↑"}</span> : null}
                    {c.unit ? <span className="soft block">{c.unit}</span> : null}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Gap height={virtual.getVirtualItems()[0]?.start ?? 0} span={columns.length} />
            {virtual.getVirtualItems().map((v) => {
              const r = shown[v.index];
              return r ? <Line key={r.id} row={r} index={v.index} columns={columns} /> : null;
            })}
            <Gap height={virtual.getTotalSize() - (virtual.getVirtualItems().at(-1)?.end ?? 0)} span={columns.length} />
          </tbody>
        </table>
      </section>
    </div>
  );
}

function Gap({ height, span }: { height: number; span: number }) {
  return height > 0 ? (
    <tr aria-hidden>
      <td colSpan={span} style={{ height, padding: 0, border: 0 }} />
    </tr>
  ) : null;
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

function nextSort(s: { by: Column; down: boolean } | undefined, by: Column) {
  if (s?.by !== by) return { by, down: false };
  return s.down ? undefined : { by, down: true };
}

function arranged(rows: readonly Row[], filter: string, sort: { by: Column; down: boolean } | undefined): Row[] {
  const f = filter.trim().toLowerCase();
  const out = rows.filter(
    (r) => f === "" || `${r.formula} ${r.label} ${r.symbol} ${r.origin} ${r.number}`.toLowerCase().includes(f),
  );
  if (!sort) return out;
  const by = sort.by;
  return out.sort((a, b) => compare(a[by], b[by], sort.down));
}

/** What is not known stays last, whichever way is up. */
function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const c = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return down ? -c : c;
}
