import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { json } from "../api/client";
import { formatNumber } from "../lib/format";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { leaderboard } from "../run/candidates";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { ProblemNote, Skeleton } from "./Bits";

interface StructureBody {
  structure_id: string;
  formula: string;
  species: string[];
  lattice: [number, number, number][];
  frac_coords: [number, number, number][];
  label?: string;
}

/** The chosen structure, or the best there is. */
export function useShownStructure(d: Discovery | undefined): string | undefined {
  const chosen = useUi((u) => u.selection.structure);
  const best = useMemo(() => (d ? (leaderboard(d)[0]?.id ?? d.structures.at(-1)?.id) : undefined), [d]);
  return chosen ?? best;
}

/** The crystal of the discovery: the chosen structure, or the best so far. */
export function CrystalViewer({ discovery: d }: { discovery: Discovery | undefined }) {
  const id = useShownStructure(d);
  const known = d?.structures.find((s) => s.id === id);
  const body = useQuery({
    queryKey: ["structure", id],
    queryFn: () => json<StructureBody>(`/structures/${id}`),
    enabled: id !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <section className="crystal" aria-label="Crystal viewer">
      {id === undefined ? (
        <div className="empty">
          <p>A crystal appears here as soon as one is made.</p>
        </div>
      ) : (
        <>
          <header className="row pane-head">
            <h2>{known ? <Formula of={known.formula} /> : "Structure"}</h2>
            {known?.spaceGroup ? (
              <span>
                <SpaceGroupSymbol of={known.spaceGroup.symbol} />{" "}
                <span className="soft small">{known.spaceGroup.number}</span>
              </span>
            ) : null}
            <span className="small soft ellipsis grow">{known?.label || known?.origin}</span>
            <a className="btn" href={`/api/v1/structures/${id}/cif`} download>
              CIF
            </a>
          </header>
          {body.isPending ? <Skeleton lines={6} label="The structure is being fetched" /> : null}
          {body.isError ? <ProblemNote error={body.error} onRetry={() => void body.refetch()} /> : null}
          {body.data ? <Atoms body={body.data} /> : null}
        </>
      )}
    </section>
  );
}

function Atoms({ body }: { body: StructureBody }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached by keyboard
    <section className="board-scroll" tabIndex={0} aria-label="Atoms">
      <table className="dense">
        <thead>
          <tr>
            <th>atom</th>
            <th className="r">x</th>
            <th className="r">y</th>
            <th className="r">z</th>
          </tr>
        </thead>
        <tbody>
          {body.species.slice(0, 300).map((s, i) => (
            <tr key={i}>
              <td>{s}</td>
              {(body.frac_coords[i] ?? []).map((x, k) => (
                <td key={k} className="r num">
                  {formatNumber(x, "eV")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
