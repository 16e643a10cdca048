import { SpaceGroupSymbol } from "../lib/formula";
import { type Crystal, cellParameters, latticeOf } from "../viewer";
import type { Annotations, Symmetry } from "./types";

/** Space group with its tolerance, Wyckoff sites, and the cell as stored. */
export function SymmetryPanel({
  crystal,
  frame,
  annotations,
  pending,
}: {
  crystal: Crystal;
  frame: number;
  annotations: Annotations | null;
  pending: boolean;
}) {
  const s = annotations?.symmetry;
  return (
    <div className="st-symmetry">
      {s ? (
        <Group s={s} />
      ) : (
        <p className="soft">
          {pending ? "The symmetry is being computed." : "The server gave no symmetry for this structure."}
        </p>
      )}
      <CellTable crystal={crystal} frame={frame} conventional={s?.conventional ?? null} />
      {s ? <Wyckoff s={s} /> : null}
    </div>
  );
}

function Group({ s }: { s: Symmetry }) {
  return (
    <>
      <p className="st-group">
        <SpaceGroupSymbol of={s.space_group_symbol} /> <span className="num">{s.space_group_number}</span>{" "}
        <span className="soft">
          {s.crystal_system}, at {s.symprec} Å (spglib)
        </span>
      </p>
      {s.note ? <p className="small soft">{s.note}</p> : null}
      <table className="dense">
        <caption className="small soft">Over the tolerance</caption>
        <thead>
          <tr>
            <th className="r">symprec / Å</th>
            <th>space group</th>
            <th className="r">number</th>
          </tr>
        </thead>
        <tbody>
          {s.scan.map((e) => (
            <tr key={e.symprec}>
              <td className="r num">{e.symprec}</td>
              <td>
                <SpaceGroupSymbol of={e.space_group_symbol} />
              </td>
              <td className="r num">{e.space_group_number}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

const PARAMETERS = ["a", "b", "c", "alpha", "beta", "gamma", "volume"] as const;
const NAMES = { a: "a / Å", b: "b / Å", c: "c / Å", alpha: "α / °", beta: "β / °", gamma: "γ / °", volume: "V / Å³" };

function CellTable({
  crystal,
  frame,
  conventional,
}: {
  crystal: Crystal;
  frame: number;
  conventional: Symmetry["conventional"] | null;
}) {
  const p = cellParameters(latticeOf(crystal, Math.min(frame, crystal.lattices.length - 1)));
  const conv = (k: (typeof PARAMETERS)[number]) =>
    k === "volume" ? conventional?.volume : conventional?.[`lattice_${k}`];
  return (
    <table className="dense">
      <caption className="small soft">Cell</caption>
      <thead>
        <tr>
          <th scope="col">parameter</th>
          <th scope="col" className="r">
            as stored
          </th>
          {conventional ? (
            <th scope="col" className="r">
              conventional
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {PARAMETERS.map((k) => (
          <tr key={k}>
            <th scope="row">{NAMES[k]}</th>
            <td className="r num">{p[k].toFixed(k === "volume" ? 2 : 3)}</td>
            {conventional ? <td className="r num">{conv(k)?.toFixed(k === "volume" ? 2 : 3)}</td> : null}
          </tr>
        ))}
        <tr>
          <th scope="row">atoms</th>
          <td className="r num">{crystal.n}</td>
          {conventional ? <td className="r num">{conventional.n_atoms}</td> : null}
        </tr>
      </tbody>
    </table>
  );
}

function Wyckoff({ s }: { s: Symmetry }) {
  return (
    <table className="dense">
      <caption className="small soft">Wyckoff sites of the conventional cell</caption>
      <thead>
        <tr>
          <th scope="col">element</th>
          <th scope="col">site</th>
          <th scope="col" className="r">
            atoms
          </th>
        </tr>
      </thead>
      <tbody>
        {s.wyckoff.map((w) => (
          <tr key={w.element + w.letter}>
            <td>{w.element}</td>
            <td className="num">{w.letter}</td>
            <td className="r num">{w.count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
