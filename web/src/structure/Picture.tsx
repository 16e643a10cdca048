import { useMemo, useState } from "react";
import { counted } from "../lib/format";
import type { Cell } from "../ui/state";
import {
  type Counts,
  type Crystal,
  cellParameters,
  formatMeasure,
  KEY_HELP,
  latticeOf,
  symbolOf,
  type Viewer,
  type ViewerOptions,
  type Wish,
} from "../viewer";
import { DrawnNote, Legend } from "./Legend";
import { type CanvasProps, StructureCanvas } from "./StructureCanvas";
import { Toolbar } from "./Toolbar";
import type { useCrystal } from "./useCrystal";
import type { Selection } from "./useSelection";

interface Props
  extends Pick<CanvasProps, "frame" | "live" | "stand" | "shortcuts" | "onReady" | "onPlaying" | "onFrame"> {
  crystal: Crystal;
  loaded: ReturnType<typeof useCrystal>;
  name: string;
  viewer: Viewer | null;
  options: ViewerOptions;
  change: (o: Partial<ViewerOptions>) => void;
  cell: Cell | undefined;
  setCell: (c: Cell) => void;
  selection: Selection;
  help: boolean;
  onHelp: () => void;
}

/** The picture of a crystal, with what changes it above and what it shows below. */
export function Picture({
  crystal,
  loaded,
  name,
  viewer,
  options,
  change,
  cell,
  setCell,
  selection,
  help,
  onHelp,
  ...canvas
}: Props) {
  const [counts, setCounts] = useState<Counts | null>(null);
  const crystals = useMemo(() => [crystal], [crystal]);
  const wish = (w: Wish) => {
    if (w === "next" || w === "previous") selection.step(w);
    else if (w === "clear") selection.choose([]);
    else if (w === "help") onHelp();
    else if (w === "export") document.querySelector<HTMLElement>('.st-bar [aria-label="Export"]')?.click();
    else change(turned(w, options));
  };
  return (
    <>
      <Toolbar viewer={viewer} options={options} atoms={crystal.n} change={change} cell={cell} setCell={setCell} />
      {help ? <Keys /> : null}
      <StructureCanvas
        {...canvas}
        crystals={crystals}
        options={options}
        selected={selection.atoms}
        description={describe(name, crystal, loaded)}
        onCounts={setCounts}
        onWish={wish}
        onSelect={selection.told}
      />
      <div className="row wrap st-under">
        <Legend crystal={crystal} options={options} />
        <span className="grow" />
        <span className="small num" aria-live="polite">
          {selection.atoms.map((a) => `${symbolOf(crystal, a.atom)}${a.atom + 1}`).join(" – ")}{" "}
          {selection.measurement ? formatMeasure(selection.measurement) : ""}
        </span>
        {counts ? (
          <DrawnNote
            counts={counts}
            crystal={crystal}
            note={loaded.annotating ? "bonds are being computed" : (loaded.annotations?.bonds_note ?? null)}
          />
        ) : null}
      </div>
    </>
  );
}

/** What a key turns over. */
function turned(
  w: Exclude<Wish, "next" | "previous" | "clear" | "help" | "export">,
  o: ViewerOptions,
): Partial<ViewerOptions> {
  if (w === "projection") return { projection: o.projection === "perspective" ? "orthographic" : "perspective" };
  if (w === "images") return { images: o.images === "none" ? "boundary" : "none" };
  return { [w]: !o[w] };
}

function Keys() {
  return (
    <dl className="st-keys small">
      {KEY_HELP.map(([keys, what]) => (
        <div key={keys}>
          <dt className="num">{keys}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}

/** "NaCl, Fm-3m (225), 8 atoms, a = 5.640 Å ..." */
function describe(name: string, c: Crystal, loaded: ReturnType<typeof useCrystal>): string {
  const s = loaded.annotations?.symmetry;
  const cell = cellParameters(latticeOf(c, c.lattices.length - 1));
  const lengths = `a = ${cell.a.toFixed(3)}, b = ${cell.b.toFixed(3)}, c = ${cell.c.toFixed(3)} Å`;
  return [
    `Crystal structure of ${name}`,
    s ? `${s.space_group_symbol} (${s.space_group_number})` : "",
    counted(c.n, "atom"),
    lengths,
    "every atom is in the table of the Atoms tab",
  ]
    .filter(Boolean)
    .join(", ");
}
