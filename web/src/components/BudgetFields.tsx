import { useId } from "react";
import type { Budget, Mode } from "../api/types";

type Limit = "wall_s" | "tokens" | "tool_calls";

const limits: { key: Limit; label: string; scale: number; min: number; step?: number }[] = [
  { key: "wall_s", label: "Minutes", scale: 60, min: 1 },
  { key: "tokens", label: "Tokens", scale: 1, min: 1000, step: 1000 },
  { key: "tool_calls", label: "Tool calls", scale: 1, min: 1 },
];

const short = { wall_s: 60, tokens: 500_000, tool_calls: 60 };
const defaults: Record<Mode, Record<Limit, number>> = {
  auto: short,
  creative: short,
  rigorous: { wall_s: 240, tokens: 2_000_000, tool_calls: 200 },
};

/** What it may cost; an empty field is the default of the mode. */
export function BudgetFields({
  budget,
  onChange,
  mode,
}: {
  budget: Partial<Budget>;
  onChange: (b: Partial<Budget>) => void;
  mode: Mode;
}) {
  const id = useId();
  const set = (key: Limit, text: string, scale: number) => {
    const next = { ...budget };
    const n = Number(text) * scale;
    if (text.trim() === "" || !Number.isFinite(n) || n <= 0) delete next[key];
    else next[key] = Math.round(n);
    onChange(next);
  };
  return (
    <div className="row wrap budget-fields">
      {limits.map(({ key, label, scale, min, step }) => {
        const value = budget[key];
        return (
          <label key={key} className="field small" htmlFor={id + key}>
            {label}
            <input
              id={id + key}
              className="input num"
              type="number"
              min={min}
              step={step}
              placeholder={String(defaults[mode][key])}
              value={value ? value / scale : ""}
              onChange={(e) => set(key, e.target.value, scale)}
            />
          </label>
        );
      })}
    </div>
  );
}
