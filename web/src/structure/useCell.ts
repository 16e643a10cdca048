// The cell in which a structure is drawn: as it is stored, or the conventional
// one where the server could make it.
import { useMemo } from "react";
import { type Cell, useUi } from "../ui/state";
import type { Crystal } from "../viewer";
import { inConventionalCell } from "./conventional";
import { useLiveShape } from "./live";
import type { Annotations, LiveFrame, Site } from "./types";

export interface Drawn {
  crystal: Crystal;
  /** Where a running relaxation has its atoms. */
  live: Crystal | null;
  sites: Site[] | null;
  /** The chosen cell; undefined where there is no choice. */
  cell: Cell | undefined;
  setCell: (c: Cell) => void;
}

export function useCell(stored: Crystal, annotations: Annotations | null, frame: LiveFrame | undefined): Drawn {
  const block = annotations?.conventional_cell ?? null;
  const cell = useUi((u) => u.cell);
  const setCell = useUi((u) => u.setCell);
  const used = cell === "conventional" ? block : null;
  const crystal = useMemo(() => (used ? inConventionalCell(stored, used) : stored), [stored, used]);
  const moving = useLiveShape(stored, frame);
  const live = useMemo(() => (moving && used ? inConventionalCell(moving, used) : moving), [moving, used]);
  const sites = annotations?.sites ?? null;
  const drawn = sites && used ? used.atoms.flatMap(([i]) => sites[i] ?? []) : sites;
  return { crystal, live, sites: drawn, cell: block ? cell : undefined, setCell };
}
