import { Fragment, memo } from "react";
import { isFormula } from "./science";

/** A formula with real subscripts, read out element by element. */
export const Formula = memo(function Formula({ of }: { of: string }) {
  const parts = of.match(/[A-Z][a-z]?|\d+(?:\.\d+)?|[^A-Za-z0-9]+|[a-z]+/g) ?? [of];
  return (
    <span role="img" aria-label={parts.join(" ")}>
      {parts.map((p, i) => (/^\d/.test(p) && i > 0 ? <sub key={i}>{p}</sub> : <Fragment key={i}>{p}</Fragment>))}
    </span>
  );
});

/** A space group symbol: bars over numbers, screw axes as subscripts. */
export const SpaceGroupSymbol = memo(function SpaceGroupSymbol({ of }: { of: string }) {
  const parts = of.match(/-\d|_\{?\d\}?|[^-_]|[-_]/g) ?? [of];
  return (
    <i role="img" className="nowrap" aria-label={of.replace(/-(\d)/g, " $1 bar ").replace(/_/g, " sub ")}>
      {parts.map((p, i) => {
        if (/^-\d$/.test(p))
          return (
            <span key={i} className="bar-over">
              {p[1]}
            </span>
          );
        if (/^_/.test(p)) return <sub key={i}>{p.replace(/[_{}]/g, "")}</sub>;
        return <Fragment key={i}>{p}</Fragment>;
      })}
    </i>
  );
});

/** A sentence as somebody typed it, its formulas set. */
export const Sentence = memo(function Sentence({ of }: { of: string }) {
  const words = of.split(/([A-Z(][A-Za-z0-9().]*[A-Za-z0-9)])/);
  return words.map((w, i) => (isFormula(w) ? <Formula key={i} of={w} /> : <Fragment key={i}>{w}</Fragment>));
});
