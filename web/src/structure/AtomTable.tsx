import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { type AtomRef, type Crystal, fractional, neighborsOf, symbolOf } from "../viewer";
import type { Site } from "./types";

const ROW = 28;
const OVERSCAN = 8;

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
  const [sort, setSort] = useState<{ by: Column; down: boolean }>({ by: "atom", down: false });
  const [active, setActive] = useState(0);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(240);
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => {
    const all = rowsOf(crystal, frame, sites);
    const sign = sort.down ? -1 : 1;
    return all.sort((a, b) => {
      const [p, q] = [a[sort.by] ?? -1, b[sort.by] ?? -1];
      return sign * (p < q ? -1 : p > q ? 1 : a.atom - b.atom);
    });
  }, [crystal, frame, sites, sort]);

  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const observer = new ResizeObserver(() => setHeight(el.clientHeight || 240));
    observer.observe(el);
    return () => observer.disconnect();
  }, []);

  const chosen = new Set(selected.filter((s) => s.image.every((x) => x === 0)).map((s) => s.atom));
  const choose = (atom: number, add: boolean) => {
    const ref: AtomRef = { atom, image: [0, 0, 0] };
    if (!add) return onSelect(chosen.has(atom) && selected.length === 1 ? [] : [ref]);
    onSelect(chosen.has(atom) ? selected.filter((s) => s.atom !== atom) : [...selected, ref]);
  };
  const go = (to: number) => {
    const k = Math.max(0, Math.min(rows.length - 1, to));
    setActive(k);
    const el = box.current;
    if (el && k * ROW < el.scrollTop) el.scrollTop = k * ROW;
    else if (el && (k + 2) * ROW > el.scrollTop + el.clientHeight) el.scrollTop = (k + 2) * ROW - el.clientHeight;
  };
  const onKeyDown = (e: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / ROW) - 2);
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length }[
      e.key
    ];
    const row = rows[active];
    if (by !== undefined) go(active + by);
    else if ((e.key === "Enter" || e.key === " ") && row) choose(row.atom, e.shiftKey);
    else return;
    e.preventDefault();
  };

  const first = Math.max(0, Math.floor(top / ROW) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + OVERSCAN);
  return (
    <div ref={box} className="st-table" onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
      <table
        role="grid"
        tabIndex={0}
        aria-label="Atoms"
        aria-rowcount={rows.length + 1}
        aria-multiselectable="true"
        aria-activedescendant={`atom-row-${rows[active]?.atom ?? 0}`}
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr aria-rowindex={1}>
            {HEAD.map(([by, text, long]) => (
              <th
                key={by}
                scope="col"
                className={by === "element" || by === "wyckoff" ? "" : "r"}
                aria-sort={sort.by === by ? (sort.down ? "descending" : "ascending") : "none"}
              >
                <button
                  type="button"
                  className="st-sort"
                  aria-label={`Sort by ${long}`}
                  onClick={() => setSort({ by, down: sort.by === by && !sort.down })}
                >
                  {text}
                  <span aria-hidden="true">{sort.by === by ? (sort.down ? " ↓" : " ↑") : ""}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row of nothing, which cannot be focused */}
          {first > 0 ? <tr aria-hidden="true" style={{ height: first * ROW }} /> : null}
          {rows.slice(first, last).map((r, k) => (
            <tr
              key={r.atom}
              id={`atom-row-${r.atom}`}
              aria-rowindex={first + k + 2}
              aria-selected={chosen.has(r.atom)}
              className={first + k === active ? "active" : ""}
              style={{ height: ROW }}
              onClick={(e) => {
                setActive(first + k);
                choose(r.atom, e.shiftKey || e.ctrlKey || e.metaKey);
              }}
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
          ))}
          {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: as above */}
          {last < rows.length ? <tr aria-hidden="true" style={{ height: (rows.length - last) * ROW }} /> : null}
        </tbody>
      </table>
    </div>
  );
}
