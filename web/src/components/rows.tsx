// Long tables: only the rows in view are in the page, and a column's head sorts them.
import { type RefObject, type UIEvent, useState } from "react";
import { useSize } from "../hooks/useSize";

interface Rows {
  first: number; // of the rows in the page
  last: number; // the one after them
  height: number; // pixels of what is in view
  onScroll: (e: UIEvent<HTMLElement>) => void;
}

const atFirst = { width: 0, height: 320 }; // pixels, until the box is measured

/** Which rows of a list, all of one height, are in view or near it. The box is there as long as the list is. */
export function useRows(box: RefObject<HTMLElement | null>, count: number, rowHeight: number, beyond: number): Rows {
  const [top, setTop] = useState(0); // the row at the top: a scroll within it renders nothing
  const { height } = useSize(box, atFirst);
  const inView = Math.ceil(height / rowHeight) + 1;
  // A list that became shorter scrolls back by itself, but tells so only afterwards.
  const from = Math.max(0, Math.min(top, count - inView));
  return {
    first: Math.max(0, from - beyond),
    last: Math.min(count, from + inView + beyond),
    height,
    onScroll: (e) => setTop(Math.floor(e.currentTarget.scrollTop / rowHeight)),
  };
}

/** The room of the rows of a table that are not in the page. */
export function Gap({ height, span }: { height: number; span: number }) {
  return height > 0 ? (
    <tr aria-hidden>
      <td colSpan={span} style={{ height, padding: 0, border: 0 }} />
    </tr>
  ) : null;
}

export interface Sort<Column> {
  by: Column;
  down: boolean;
}

/** How a column stands in a sort, as a screen reader is told. */
export function sorted<Column>(sort: Sort<Column> | undefined, column: Column): "ascending" | "descending" | "none" {
  if (sort?.by !== column) return "none";
  return sort.down ? "descending" : "ascending";
}

/** The same, for the eye. */
export function SortMark({ of }: { of: ReturnType<typeof sorted> }) {
  return of === "none" ? null : <span aria-hidden>{of === "descending" ? " ↓" : " ↑"}</span>;
}
