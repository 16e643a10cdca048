/** A formula in a drawing, numbers lowered. */
export function FormulaText({ of, x, y, className }: { of: string; x: number; y: number; className: string }) {
  const parts = of.match(/\d+(?:\.\d+)?|[^\d]+/g) ?? [of];
  return (
    <text x={x} y={y} className={className}>
      {parts.map((p, i) => {
        const low = /^\d/.test(p) && i > 0;
        const back = /^\d/.test(parts[i - 1] ?? "") && i > 1;
        return (
          <tspan key={i} dy={low ? 3 : back ? -3 : 0} className={low ? "lowered" : undefined}>
            {p}
          </tspan>
        );
      })}
    </text>
  );
}
