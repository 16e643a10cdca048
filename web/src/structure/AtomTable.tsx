import { type KeyboardEvent, type MouseEvent, useMemo, useRef, useState } from "react";
import { Gap, type Sort, SortMark, sorted, useRows } from "../components/rows";
import { type AtomRef, type Crystal, fractional, neighborsOf, symbolOf } from "../viewer";
import type { Site } from "./types";

const ROW = 28;

type Column = "atom" | "element" | "x" | "y" | "z" | "wyckoff" | "neighbors";

interface Row {
  atom: number;
  element: string;
  x: number;
  y: number;
  z: number;
  wyckoff: string;
  neighbors: number | null;
}

const HEAD: [Column, string, string][] = [
  ["atom", "#", "atom number"],
  ["element", "Element", "element"],
  ["x", "x", "fractional x"],
  ["y", "y", "fractional y"],
  ["z", "z", "fractional z"],
  ["wyckoff", "Wyckoff", "Wyckoff letter"],
  ["neighbors", "CN", "bonded neighbors"],
];

function rowsOf(c: Crystal, frame: number, sites: Site[] | null): Row[] {
  const near = c.bonds ? neighborsOf(c) : null;
  const f = fractional(c, frame);
  return Array.from({ length: c.n }, (_, i) => ({
    atom: i,
    element: symbolOf(c, i),
    x: f[3 * i] ?? 0,
    y: f[3 * i + 1] ?? 0,
    z: f[3 * i + 2] ?? 0,
    wyckoff: sites?.[i]?.wyckoff ?? "",
    neighbors: near ? (near.offset[i + 1] ?? 0) - (near.offset[i] ?? 0) : null,
  }));
}

/** By a column; atoms that are alike in it by their number. What is not known is less than all that is. */
function arranged(rows: Row[], { by, down }: Sort<Column>): Row[] {
  const sign = down ? -1 : 1;
  return rows.sort((a, b) => {
    const [p, q] = [a[by] ?? -1, b[by] ?? -1];
    return sign * (p < q ? -1 : p > q ? 1 : a.atom - b.atom);
  });
}

/** The accessible twin of the picture: every atom, the same selection. */
export function AtomTable({
  crystal,
  frame,
  sites,
  selected,
  onSelect,
}: {
  crystal: Crystal;
  frame: number;
  sites: Site[] | null;
  selected: readonly AtomRef[];
  onSelect: (atoms: AtomRef[]) => void;
}) {
  const [sort, setSort] = useState<Sort<Column>>({ by: "atom", down: false });
  const [active, setActive] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => arranged(rowsOf(crystal, frame, sites), sort), [crystal, frame, sites, sort]);
  const { first, last, height, onScroll } = useRows(box, rows.length, ROW, 8);
  const { chosen, choose } = useChosen(selected, onSelect);
  const go = (to: number) => {
    const k = Math.max(0, Math.min(rows.length - 1, to));
    setActive(k);
    if (box.current) reveal(box.current, k);
  };
  const onKeyDown = (e: KeyboardEvent) => {
    const row = rows[active];
    const by = stepOf(e.key, height, rows.length);
    if (by !== undefined) go(active + by);
    else if ((e.key === "Enter" || e.key === " ") && row) choose(row.atom, e.shiftKey);
    else return;
    e.preventDefault();
  };
  return (
    <div ref={box} className="st-table" onScroll={onScroll}>
      <table
        role="grid"
        tabIndex={0}
        aria-label="Atoms"
        aria-rowcount={rows.length + 1}
        aria-multiselectable="true"
        aria-activedescendant={`atom-row-${rows[active]?.atom ?? 0}`}
        onKeyDown={onKeyDown}
      >
        <Head sort={sort} onSort={setSort} />
        <tbody>
          <Gap height={first * ROW} span={HEAD.length} />
          {rows.slice(first, last).map((r, k) => (
            <Atom
              key={r.atom}
              row={r}
              index={first + k}
              active={first + k === active}
              chosen={chosen.has(r.atom)}
              onClick={(e) => {
                setActive(first + k);
                choose(r.atom, e.shiftKey || e.ctrlKey || e.metaKey);
              }}
            />
          ))}
          <Gap height={(rows.length - last) * ROW} span={HEAD.length} />
        </tbody>
      </table>
    </div>
  );
}

/** The chosen atoms of the cell itself, and how one is chosen: alone, or added to the others. */
function useChosen(selected: readonly AtomRef[], onSelect: (atoms: AtomRef[]) => void) {
  const chosen = new Set(selected.filter((s) => s.image.every((x) => x === 0)).map((s) => s.atom));
  const choose = (atom: number, add: boolean) => {
    const ref: AtomRef = { atom, image: [0, 0, 0] };
    if (!add) return onSelect(chosen.has(atom) && selected.length === 1 ? [] : [ref]);
    onSelect(chosen.has(atom) ? selected.filter((s) => s.atom !== atom) : [...selected, ref]);
  };
  return { chosen, choose };
}

/** How many rows a key goes on by. */
function stepOf(key: string, height: number, count: number): number | undefined {
  const page = Math.max(1, Math.floor(height / ROW) - 2);
  return { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count }[key];
}

/** Scrolls as far as a row needs, whose head stays above it. */
function reveal(box: HTMLElement, row: number): void {
  if (row * ROW < box.scrollTop) box.scrollTop = row * ROW;
  else if ((row + 2) * ROW > box.scrollTop + box.clientHeight) box.scrollTop = (row + 2) * ROW - box.clientHeight;
}

function Head({ sort, onSort }: { sort: Sort<Column>; onSort: (s: Sort<Column>) => void }) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {HEAD.map(([by, text, long]) => (
          <th
            key={by}
            scope="col"
            className={by === "element" || by === "wyckoff" ? "" : "r"}
            aria-sort={sorted(sort, by)}
          >
            <button
              type="button"
              className="st-sort"
              aria-label={`Sort by ${long}`}
              onClick={() => onSort({ by, down: sort.by === by && !sort.down })}
            >
              {text}
              <SortMark of={sorted(sort, by)} />
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Atom({
  row: r,
  index,
  active,
  chosen,
  onClick,
}: {
  row: Row;
  index: number;
  active: boolean;
  chosen: boolean;
  onClick: (e: MouseEvent) => void;
}) {
  return (
    <tr
      id={`atom-row-${r.atom}`}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      className={active ? "active" : ""}
      style={{ height: ROW }}
      onClick={onClick}
    >
      <td className="r num">{r.atom + 1}</td>
      <td>{r.element}</td>
      {[r.x, r.y, r.z].map((x, i) => (
        <td key={i} className="r num">
          {x.toFixed(5).replace("-", "−")}
        </td>
      ))}
      <td>{r.wyckoff || "–"}</td>
      <td className="r num">{r.neighbors ?? "–"}</td>
    </tr>
  );
}
