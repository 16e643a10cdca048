import { useCallback, useMemo, useRef, useState } from "react";
import {
  type AtomRef,
  type Counts,
  type Crystal,
  cellParameters,
  DEFAULTS,
  formatMeasure,
  frameCount,
  KEY_HELP,
  latticeOf,
  type Measurement,
  Stage,
  type Stand,
  symbolOf,
  type Viewer,
  type ViewerOptions,
  type Wish,
} from "../viewer";
import { AtomTable } from "./AtomTable";
import { CompareView } from "./CompareView";
import { ExportMenu } from "./ExportMenu";
import { Frames } from "./Frames";
import { DrawnNote, Legend } from "./Legend";
import { StructureCanvas } from "./StructureCanvas";
import { SymmetryPanel } from "./SymmetryPanel";
import { Toolbar } from "./Toolbar";
import { usePageTheme, useReducedMotion } from "./theme";
import type { LiveFrame, StructurePanelProps, StructureRef } from "./types";
import { useCell } from "./useCell";
import type { useCrystal } from "./useCrystal";
import { useFrame } from "./useFrame";

type Tab = "view" | "atoms" | "symmetry" | "compare";
const TABS: [Tab, string][] = [
  ["view", "View"],
  ["atoms", "Atoms"],
  ["symmetry", "Symmetry"],
  ["compare", "Compare"],
];
const NO_ATOMS: AtomRef[] = [];

/** What differs from the defaults because of what is shown. */
function useOptions(): [ViewerOptions, (o: Partial<ViewerOptions>) => void] {
  const theme = usePageTheme();
  const reducedMotion = useReducedMotion();
  const [chosen, setChosen] = useState<Partial<ViewerOptions>>({});
  const options = useMemo(() => ({ ...DEFAULTS, ...chosen, theme, reducedMotion }), [chosen, theme, reducedMotion]);
  const change = useCallback((o: Partial<ViewerOptions>) => setChosen((c) => ({ ...c, ...o })), []);
  return [options, change];
}

/** The structure in its tabs: picture, table, symmetry, comparison. */
export function Shown({
  stored,
  loaded,
  structures,
  name,
  panel,
}: {
  stored: Crystal;
  loaded: ReturnType<typeof useCrystal>;
  structures: readonly StructureRef[];
  name: string;
  panel: StructurePanelProps;
}) {
  const [options, change] = useOptions();
  const { crystal, live, sites, cell, setCell } = useCell(stored, loaded.annotations, panel.live);
  const webgl = Stage.get() !== null;
  const [tab, setTab] = useState<Tab>(webgl ? "view" : "atoms");
  const [viewer, setViewer] = useState<Viewer | null>(null);
  const [counts, setCounts] = useState<Counts | null>(null);
  const [playing, setPlaying] = useState(false);
  const [help, setHelp] = useState(false);
  const stand = useRef<Stand>(null);
  const standCompared = useRef<Stand>(null);
  const [selected, setSelected] = useState<{ id: string; atoms: AtomRef[]; measurement: Measurement | null }>({
    id: "",
    atoms: NO_ATOMS,
    measurement: null,
  });
  const atoms = selected.id === crystal.id ? selected.atoms : NO_ATOMS;
  const last = frameCount(crystal) - 1;
  const [at, goTo] = useFrame(stored.id, panel);
  const frame = Math.max(0, Math.min(last, at ?? last));
  const crystals = useMemo(() => [crystal], [crystal]);
  const choose = (next: AtomRef[]) => setSelected({ id: crystal.id, atoms: next, measurement: null });
  const wish = (w: Wish) => {
    if (w === "next" || w === "previous") {
      const from = atoms.at(-1)?.atom ?? (w === "next" ? -1 : 0);
      choose([{ atom: (from + (w === "next" ? 1 : crystal.n - 1)) % crystal.n, image: [0, 0, 0] }]);
    } else if (w === "clear") choose([]);
    else if (w === "projection")
      change({ projection: options.projection === "perspective" ? "orthographic" : "perspective" });
    else if (w === "images") change({ images: options.images === "none" ? "boundary" : "none" });
    else if (w === "help") setHelp(!help);
    else if (w === "export") document.querySelector<HTMLElement>('.st-bar [aria-label="Export"]')?.click();
    else change({ [w]: !options[w] });
  };
  const measured = selected.id === crystal.id ? selected.measurement : null;
  return (
    <>
      <div className="row st-bar">
        <div className="st-tabs" role="tablist" aria-label="Forms of the structure">
          {TABS.map(([k, label]) => (
            <button
              key={k}
              type="button"
              role="tab"
              id={`st-tab-${k}`}
              aria-controls="st-body"
              aria-selected={tab === k}
              className="st-tab"
              onClick={() => setTab(k)}
            >
              {label}
            </button>
          ))}
        </div>
        <span className="grow" />
        {tab === "view" && webgl ? (
          <>
            <ExportMenu id={stored.id} name={name} viewer={viewer} />
            <button
              type="button"
              className="btn icon quiet"
              aria-label="Keys of the viewer"
              aria-expanded={help}
              onClick={() => setHelp(!help)}
            >
              ?
            </button>
          </>
        ) : null}
      </div>
      {live && panel.live ? <Relaxing of={panel.live} /> : null}
      <div className="st-body" id="st-body" role="tabpanel" aria-labelledby={`st-tab-${tab}`}>
        {webgl ? null : (
          <p className="small st-notice" role="status">
            This browser has no WebGL 2, so there is no picture. The table has every atom.
          </p>
        )}
        {tab === "view" && webgl ? (
          <>
            <Toolbar
              viewer={viewer}
              options={options}
              atoms={crystal.n}
              change={change}
              cell={cell}
              setCell={setCell}
            />
            {help ? <Keys /> : null}
            <StructureCanvas
              crystals={crystals}
              options={options}
              frame={frame}
              live={live}
              selected={atoms}
              stand={stand}
              shortcuts={panel.shortcuts !== false}
              description={describe(name, crystal, loaded)}
              onReady={setViewer}
              onCounts={setCounts}
              onPlaying={setPlaying}
              onFrame={goTo}
              onWish={wish}
              onSelect={(a, m) =>
                setSelected((s) =>
                  sameAtoms(s.atoms, a) && s.id === crystal.id
                    ? { ...s, measurement: m }
                    : { id: crystal.id, atoms: a, measurement: m },
                )
              }
            />
            <div className="row wrap st-under">
              <Legend crystal={crystal} options={options} />
              <span className="grow" />
              <span className="small num" aria-live="polite">
                {atoms.length > 0 ? atoms.map((a) => `${symbolOf(crystal, a.atom)}${a.atom + 1}`).join(" – ") : ""}{" "}
                {measured ? formatMeasure(measured) : ""}
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
        ) : null}
        {tab === "atoms" || (tab === "view" && !webgl) ? (
          <AtomTable
            crystal={live ?? crystal}
            frame={live ? 0 : frame}
            sites={sites}
            selected={atoms}
            onSelect={choose}
          />
        ) : null}
        {tab === "symmetry" ? (
          <SymmetryPanel crystal={stored} frame={frame} annotations={loaded.annotations} pending={loaded.annotating} />
        ) : null}
        {tab === "compare" ? (
          webgl ? (
            <CompareView
              left={stored}
              structures={structures}
              discovery={panel.discovery}
              options={options}
              stand={standCompared}
            />
          ) : (
            <p className="empty">Comparing needs WebGL 2.</p>
          )
        ) : null}
        {tab === "view" || tab === "atoms" ? (
          <Frames crystal={crystal} viewer={viewer} frame={frame} playing={playing} onFrame={goTo} />
        ) : null}
      </div>
    </>
  );
}

/** What the running relaxation is at. Not read aloud twice a second. */
function Relaxing({ of }: { of: LiveFrame }) {
  return (
    <p className="small num st-live">
      Relaxing, step {of.frame}: {of.energy_per_atom.toFixed(4)} eV/atom, largest force {of.fmax.toFixed(3)} eV/Å
    </p>
  );
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

function sameAtoms(a: readonly AtomRef[], b: readonly AtomRef[]): boolean {
  return a.length === b.length && a.every((x, k) => x.atom === b[k]?.atom && x.image.join() === b[k]?.image.join());
}

/** "NaCl, Fm-3m (225), 8 atoms, a = 5.640 Å ..." */
function describe(name: string, c: Crystal, loaded: ReturnType<typeof useCrystal>): string {
  const s = loaded.annotations?.symmetry;
  const cell = cellParameters(latticeOf(c, c.lattices.length - 1));
  const lengths = `a = ${cell.a.toFixed(3)}, b = ${cell.b.toFixed(3)}, c = ${cell.c.toFixed(3)} Å`;
  return [
    `Crystal structure of ${name}`,
    s ? `${s.space_group_symbol} (${s.space_group_number})` : "",
    `${c.n} atoms`,
    lengths,
    "every atom is in the table of the Atoms tab",
  ]
    .filter(Boolean)
    .join(", ");
}
