import { useCallback, useMemo, useRef, useState } from "react";
import { type Crystal, DEFAULTS, frameCount, Stage, type Stand, type Viewer, type ViewerOptions } from "../viewer";
import { AtomTable } from "./AtomTable";
import { CompareView } from "./CompareView";
import { ExportMenu } from "./ExportMenu";
import { Frames } from "./Frames";
import { Picture } from "./Picture";
import { SymmetryPanel } from "./SymmetryPanel";
import { usePageTheme, useReducedMotion } from "./theme";
import type { LiveFrame, StructurePanelProps, StructureRef } from "./types";
import { useCell } from "./useCell";
import type { useCrystal } from "./useCrystal";
import { useFrame } from "./useFrame";
import { useSelection } from "./useSelection";

type Tab = "view" | "atoms" | "symmetry" | "compare";
const TABS: [Tab, string][] = [
  ["view", "View"],
  ["atoms", "Atoms"],
  ["symmetry", "Symmetry"],
  ["compare", "Compare"],
];

/** What differs from the defaults because of what is shown. */
function useOptions(): [ViewerOptions, (o: Partial<ViewerOptions>) => void] {
  const theme = usePageTheme();
  const reducedMotion = useReducedMotion();
  const [chosen, setChosen] = useState<Partial<ViewerOptions>>({});
  const options = useMemo(() => ({ ...DEFAULTS, ...chosen, theme, reducedMotion }), [chosen, theme, reducedMotion]);
  const change = useCallback((o: Partial<ViewerOptions>) => setChosen((c) => ({ ...c, ...o })), []);
  return [options, change];
}

interface Props {
  stored: Crystal;
  loaded: ReturnType<typeof useCrystal>;
  structures: readonly StructureRef[];
  name: string;
  panel: StructurePanelProps;
}

/** The structure in its tabs: picture, table, symmetry, comparison. */
export function Shown({ stored, loaded, structures, name, panel }: Props) {
  const [options, change] = useOptions();
  const { crystal, live, sites, cell, setCell } = useCell(stored, loaded.annotations, panel.live);
  const webgl = Stage.get() !== null;
  const [tab, setTab] = useState<Tab>(webgl ? "view" : "atoms");
  const [viewer, setViewer] = useState<Viewer | null>(null);
  const [playing, setPlaying] = useState(false);
  const [help, setHelp] = useState(false);
  const stand = useRef<Stand>(null);
  const standCompared = useRef<Stand>(null);
  const selection = useSelection(crystal);
  const last = frameCount(crystal) - 1;
  const [at, goTo] = useFrame(stored.id, panel);
  const frame = Math.max(0, Math.min(last, at ?? last));
  const drawn = tab === "view" && webgl;
  return (
    <>
      <div className="row st-bar">
        <Forms at={tab} onPick={setTab} />
        <span className="grow" />
        {drawn ? <ExportMenu id={stored.id} name={name} viewer={viewer} /> : null}
        {drawn ? <HelpButton open={help} onPress={() => setHelp(!help)} /> : null}
      </div>
      {live && panel.live ? <Relaxing of={panel.live} /> : null}
      <div className="st-body" id="st-body" role="tabpanel" aria-labelledby={`st-tab-${tab}`}>
        {webgl ? null : (
          <p className="small st-notice" role="status">
            This browser has no WebGL 2, so there is no picture. The table has every atom.
          </p>
        )}
        {drawn ? (
          <Picture
            {...{ crystal, loaded, name, viewer, options, change, cell, setCell, selection, help, frame, live, stand }}
            onHelp={() => setHelp(!help)}
            shortcuts={panel.shortcuts !== false}
            onReady={setViewer}
            onPlaying={setPlaying}
            onFrame={goTo}
          />
        ) : null}
        {tab === "atoms" || (tab === "view" && !webgl) ? (
          <AtomTable
            crystal={live ?? crystal}
            frame={live ? 0 : frame}
            sites={sites}
            selected={selection.atoms}
            onSelect={selection.choose}
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

function Forms({ at, onPick }: { at: Tab; onPick: (t: Tab) => void }) {
  return (
    <div className="st-tabs" role="tablist" aria-label="Forms of the structure">
      {TABS.map(([k, label]) => (
        <button
          key={k}
          type="button"
          role="tab"
          id={`st-tab-${k}`}
          aria-controls="st-body"
          aria-selected={at === k}
          className="st-tab"
          onClick={() => onPick(k)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function HelpButton({ open, onPress }: { open: boolean; onPress: () => void }) {
  return (
    <button
      type="button"
      className="btn icon quiet"
      aria-label="Keys of the viewer"
      aria-expanded={open}
      onClick={onPress}
    >
      ?
    </button>
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
