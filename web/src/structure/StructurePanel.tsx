import { memo, useMemo, useState } from "react";
import { asSentence, counted } from "../lib/format";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { DropZone } from "./DropZone";
import { Shown } from "./Shown";
import "./structure.css";
import { type StructurePanelProps, type StructureRef, titleOf } from "./types";
import { useCrystal } from "./useCrystal";

export type { StructurePanelProps, StructureRef } from "./types";

/** A structure in all its forms: picture, table, symmetry, comparison, files. */
export default memo(function StructurePanel(p: StructurePanelProps) {
  const [brought, setBrought] = useState<StructureRef[]>([]);
  const structures = useMemo(
    () => [...p.structures, ...brought.filter((b) => !p.structures.some((s) => s.id === b.id))],
    [p.structures, brought],
  );
  const shown = structures.find((s) => s.id === p.selectedId);
  const loaded = useCrystal(p.selectedId, p.discovery);
  const upload = (s: StructureRef) => {
    setBrought((b) => [...b.filter((x) => x.id !== s.id), s]);
    p.onSelect(s.id);
  };
  return (
    <DropZone onStructure={upload}>
      {(open) => (
        <section className="st-panel" aria-label="Crystal viewer">
          <header className="row st-head">
            {structures.length > 1 ? (
              <Choice structures={structures} at={p.selectedId} onPick={p.onSelect} />
            ) : (
              <h2>{shown ? <Formula of={shown.formula} /> : "Structure"}</h2>
            )}
            {shown?.spaceGroup ? (
              <span className="small nowrap">
                <SpaceGroupSymbol of={shown.spaceGroup.symbol} />{" "}
                <span className="soft">{shown.spaceGroup.number}</span>
              </span>
            ) : null}
            <span className="grow" />
            <button type="button" className="btn quiet" onClick={open}>
              Open file
            </button>
          </header>
          {shown && p.onAsk && brought.some((b) => b.id === shown.id) ? (
            <p className="row wrap small st-notice" role="status">
              {shown.label}: <Formula of={shown.formula} />{" "}
              <span className="soft">{shown.nAtoms ? counted(shown.nAtoms, "atom") : ""}</span>
              <button type="button" className="btn" onClick={() => p.onAsk?.(shown)}>
                Ask about it
              </button>
            </p>
          ) : null}
          {loaded.crystal && p.selectedId ? (
            <Shown
              key="shown"
              stored={loaded.crystal}
              loaded={loaded}
              structures={structures}
              name={shown?.formula ?? "structure"}
              panel={p}
            />
          ) : (
            <Absent loaded={loaded} chosen={p.selectedId !== undefined} ended={p.ended ?? false} />
          )}
        </section>
      )}
    </DropZone>
  );
});

function Choice({
  structures,
  at,
  onPick,
}: {
  structures: readonly StructureRef[];
  at: string | undefined;
  onPick: (id: string) => void;
}) {
  return (
    <select
      className="input st-choice"
      aria-label="Structure"
      value={at ?? ""}
      onChange={(e) => onPick(e.currentTarget.value)}
    >
      {structures.some((s) => s.id === at) ? null : <option value={at ?? ""}>Choose a structure</option>}
      {structures.map((s) => (
        <option key={s.id} value={s.id}>
          {titleOf(s)}
        </option>
      ))}
    </select>
  );
}

function Absent({ loaded, chosen, ended }: { loaded: ReturnType<typeof useCrystal>; chosen: boolean; ended: boolean }) {
  if (loaded.error) {
    return (
      <div className="empty" role="alert">
        <p>{loaded.error instanceof Error ? asSentence(loaded.error.message) : "The structure could not be loaded."}</p>
        <button type="button" className="btn" onClick={loaded.retry}>
          Try again
        </button>
      </div>
    );
  }
  if (chosen) return <div className="st-canvas skeleton" role="status" aria-label="The structure is being loaded" />;
  return (
    <div className="empty">
      <p>
        {ended ? "No crystal was made. You can" : "Crystals appear here as they are made. You can also"} drop a CIF,
        POSCAR or extended XYZ file.
      </p>
    </div>
  );
}
