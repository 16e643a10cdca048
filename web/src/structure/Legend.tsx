import { atomColors, type Counts, type Crystal, elementColors, symbolOf, toHex, type ViewerOptions } from "../viewer";

/** Which color is which element, and what is drawn of what the server sent. */
export function Legend({ crystal, options }: { crystal: Crystal; options: ViewerOptions }) {
  const colored = atomColors(crystal, options.colors, options.property);
  if (colored.scale) {
    return (
      <div className="st-legend small" role="group" aria-label="Color scale">
        <span className="num">{colored.scale.low}</span>
        <span className="st-ramp" aria-hidden="true" />
        <span className="num">{colored.scale.high}</span>
        <span className="soft">{options.colors === "coordination" ? "neighbors" : "property"}</span>
      </div>
    );
  }
  const colors = elementColors(crystal, options.colors).map(toHex);
  const count = new Map<string, number>();
  for (let i = 0; i < crystal.n; i++) count.set(symbolOf(crystal, i), (count.get(symbolOf(crystal, i)) ?? 0) + 1);
  return (
    <ul className="st-legend small" aria-label="Elements">
      {crystal.symbols.map((s, k) => (
        <li key={s} className="st-element">
          <span className="st-dot" style={{ background: colors[k] }} aria-hidden="true" />
          <b>{s}</b> <span className="num soft">{count.get(s)}</span>
        </li>
      ))}
    </ul>
  );
}

/** "8 atoms + 19 images · 24 bonds (CrystalNN)", or that something is missing. */
export function DrawnNote({ counts: c, crystal, note }: { counts: Counts; crystal: Crystal; note?: string | null }) {
  const sentAtoms = c.sentAtoms * c.cells;
  const sentBonds = c.sentBonds === null ? null : c.sentBonds * c.cells;
  return (
    <p
      className="st-drawn small soft"
      data-atoms={c.atoms}
      data-bonds={c.bonds}
      data-sent-atoms={sentAtoms}
      data-sent-bonds={sentBonds ?? ""}
    >
      <span className="num">{c.atoms}</span> {c.atoms === 1 ? "atom" : "atoms"}
      {c.images > 0 ? (
        <>
          {" "}
          + <span className="num">{c.images}</span> {c.images === 1 ? "image" : "images"}
        </>
      ) : null}
      {c.atoms !== sentAtoms ? <b className="ink-red"> of {sentAtoms}: some are not drawn</b> : null}
      {" · "}
      {sentBonds === null ? (
        (note ?? "bonds unknown")
      ) : c.bonds === sentBonds ? (
        <>
          <span className="num">{c.bonds}</span> bonds{crystal.bondsMethod ? ` (${crystal.bondsMethod})` : ""}
        </>
      ) : (
        <>
          <span className="num">{sentBonds}</span> bonds not drawn
        </>
      )}
      {c.labelsOmitted ? " · labels left out above 200 atoms" : null}
    </p>
  );
}
