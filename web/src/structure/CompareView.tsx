import { type RefObject, useMemo, useState } from "react";
import { type Crystal, cellParameters, latticeOf, type Stand, type ViewerOptions } from "../viewer";
import { StructureCanvas } from "./StructureCanvas";
import { type StructureRef, titleOf } from "./types";
import { useCrystal } from "./useCrystal";

/** Two structures under one camera, with what differs between them. */
export function CompareView({
  left,
  structures,
  discovery,
  options,
  stand,
}: {
  left: Crystal;
  structures: readonly StructureRef[];
  discovery: string | undefined;
  options: ViewerOptions;
  stand: RefObject<Stand | null>;
}) {
  const others = structures.filter((s) => s.id !== left.id);
  const parent = structures.find((s) => s.id === left.id)?.parentId;
  const [chosen, setChosen] = useState<string>();
  const id = chosen ?? others.find((s) => s.id === parent)?.id ?? others[0]?.id;
  const { crystal: right, error } = useCrystal(id, discovery);
  const crystals = useMemo(() => (right ? [left, right] : [left]), [left, right]);
  const name = (x: string | undefined) => structures.find((s) => s.id === x)?.formula ?? "structure";
  if (others.length === 0) return <p className="empty">There is no second structure to compare with yet.</p>;
  return (
    <div className="st-compare">
      <label className="row small">
        Compare with
        <select className="input" value={id} onChange={(e) => setChosen(e.currentTarget.value)}>
          {others.map((s) => (
            <option key={s.id} value={s.id}>
              {titleOf(s)}
            </option>
          ))}
        </select>
      </label>
      {error ? (
        <p className="ink-red small" role="alert">
          The second structure could not be loaded.
        </p>
      ) : null}
      <StructureCanvas
        crystals={crystals}
        options={options}
        frame={Number.MAX_SAFE_INTEGER}
        selected={NONE}
        stand={stand}
        shortcuts
        description={`${name(left.id)} beside ${name(id)}`}
      />
      {right ? <Differences a={left} b={right} /> : null}
    </div>
  );
}

const NONE: never[] = [];
const ROWS = [
  ["a", "a / Å"],
  ["b", "b / Å"],
  ["c", "c / Å"],
  ["alpha", "α / °"],
  ["beta", "β / °"],
  ["gamma", "γ / °"],
] as const;
const end = (c: Crystal) => latticeOf(c, c.lattices.length - 1);
const signed = (x: number, places: number) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(places)}`;

function Differences({ a, b }: { a: Crystal; b: Crystal }) {
  const [p, q] = [cellParameters(end(a)), cellParameters(end(b))];
  const rows: [string, number, number, number][] = [
    ...ROWS.map(([k, label]): [string, number, number, number] => [label, p[k], q[k], 3]),
    ["V per atom / Å³", p.volume / a.n, q.volume / b.n, 3],
  ];
  return (
    <table className="dense">
      <caption className="hidden">Cells compared</caption>
      <thead>
        <tr>
          <th scope="col">cell</th>
          <th scope="col" className="r">
            left
          </th>
          <th scope="col" className="r">
            right
          </th>
          <th scope="col" className="r">
            right − left
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([label, x, y, places]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="r num">{x.toFixed(places)}</td>
            <td className="r num">{y.toFixed(places)}</td>
            <td className="r num">{signed(y - x, places)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">atoms</th>
          <td className="r num">{a.n}</td>
          <td className="r num">{b.n}</td>
          <td className="r num">{signed(b.n - a.n, 0)}</td>
        </tr>
      </tbody>
    </table>
  );
}
