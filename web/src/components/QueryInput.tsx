import { CornerDownLeft, SlidersHorizontal } from "lucide-react";
import { forwardRef, useEffect, useId, useImperativeHandle, useRef, useState } from "react";
import type { Budget, Mode } from "../api/types";
import { useUi } from "../ui/state";
import { ModelNote } from "./ModelNote";

export interface Question {
  query: string;
  mode: Mode;
  budget: Partial<Budget>;
}

const modes: { id: Mode; label: string; says: string }[] = [
  { id: "auto", label: "Auto", says: "begins creative, becomes rigorous when the question needs it" },
  { id: "creative", label: "Creative", says: "explores; minutes" },
  { id: "rigorous", label: "Rigorous", says: "validates every step; may take hours" },
];

interface Props {
  onSubmit: (q: Question) => void;
  busy: boolean;
  placeholder?: string;
  label?: string;
  action?: string;
  settings?: boolean;
  start?: string;
}

export interface QueryInputHandle {
  focus(): void;
  fill(text: string, mode?: Mode): void;
}

/** The composer: the question, how hard to try, and how much it may cost. */
export const QueryInput = forwardRef<QueryInputHandle, Props>(function QueryInput(
  {
    onSubmit,
    busy,
    placeholder = "Ask for a material",
    label = "Question",
    action = "Ask",
    settings = true,
    start = "",
  },
  ref,
) {
  const [query, setQuery] = useState(start);
  const [mode, setMode] = useState<Mode>("auto");
  const [budget, setBudget] = useState<Partial<Budget>>({});
  const [more, setMore] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  useImperativeHandle(ref, () => ({
    focus: () => area.current?.focus(),
    fill: (text, m) => {
      setQuery(text);
      if (m) setMode(m);
      area.current?.focus();
    },
  }));
  // What was prepared elsewhere, such as a question about a structure.
  const draft = useUi((u) => u.draft);
  useEffect(() => {
    if (draft === "") return;
    setQuery((q) => (q.trim() === "" ? draft : `${q.trimEnd()}\n${draft}`));
    area.current?.focus();
    useUi.setState({ draft: "" });
  }, [draft]);
  // The box grows with its text, up to a third of the window.
  useEffect(() => {
    const el = area.current;
    if (!el) return;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight + 2, window.innerHeight / 3)}px`;
  }, [query]);
  const send = () => {
    const text = query.trim();
    if (!text || busy) return;
    onSubmit({ query: text, mode, budget });
    setQuery("");
  };
  return (
    <form
      className="composer"
      onSubmit={(e) => {
        e.preventDefault();
        send();
      }}
    >
      <label className="hidden" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        ref={area}
        rows={1}
        value={query}
        placeholder={placeholder}
        maxLength={16_000}
        onChange={(e) => setQuery(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter" && !e.shiftKey && !e.nativeEvent.isComposing) {
            e.preventDefault();
            send();
          }
        }}
      />
      <div className="row composer-foot">
        {settings ? (
          <>
            <fieldset className="segmented">
              <legend className="hidden">Mode</legend>
              {modes.map((m) => (
                <label key={m.id} title={m.says} className={mode === m.id ? "on" : ""}>
                  <input
                    type="radio"
                    className="hidden"
                    name={`${id}-mode`}
                    value={m.id}
                    checked={mode === m.id}
                    onChange={() => setMode(m.id)}
                  />
                  {m.label}
                </label>
              ))}
            </fieldset>
            <button
              type="button"
              className="btn quiet icon"
              aria-expanded={more}
              aria-label="Budget and model"
              title="Budget and model"
              onClick={() => setMore(!more)}
            >
              <SlidersHorizontal size={14} aria-hidden />
            </button>
          </>
        ) : null}
        <span className="grow" />
        <button type="submit" className="btn primary" disabled={busy || query.trim() === ""}>
          <CornerDownLeft size={14} aria-hidden /> {busy ? "Sending…" : action}
        </button>
      </div>
      {more && settings ? (
        <div className="col composer-more">
          <BudgetFields budget={budget} onChange={setBudget} mode={mode} />
          <ModelNote />
        </div>
      ) : null}
    </form>
  );
});

const defaults: Record<Mode, { minutes: number; tokens: number; calls: number }> = {
  auto: { minutes: 60, tokens: 500_000, calls: 60 },
  creative: { minutes: 60, tokens: 500_000, calls: 60 },
  rigorous: { minutes: 240, tokens: 2_000_000, calls: 200 },
};

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
  const d = defaults[mode];
  const set = (key: "wall_s" | "tokens" | "tool_calls", text: string, scale: number) => {
    const next = { ...budget };
    const n = Number(text) * scale;
    if (text.trim() === "" || !Number.isFinite(n) || n <= 0) delete next[key];
    else next[key] = Math.round(n);
    onChange(next);
  };
  return (
    <div className="row wrap budget-fields">
      <label className="field small" htmlFor={`${id}w`}>
        Minutes
        <input
          id={`${id}w`}
          className="input num"
          type="number"
          min={1}
          placeholder={String(d.minutes)}
          value={budget.wall_s ? budget.wall_s / 60 : ""}
          onChange={(e) => set("wall_s", e.target.value, 60)}
        />
      </label>
      <label className="field small" htmlFor={`${id}t`}>
        Tokens
        <input
          id={`${id}t`}
          className="input num"
          type="number"
          min={1000}
          step={1000}
          placeholder={String(d.tokens)}
          value={budget.tokens ?? ""}
          onChange={(e) => set("tokens", e.target.value, 1)}
        />
      </label>
      <label className="field small" htmlFor={`${id}c`}>
        Tool calls
        <input
          id={`${id}c`}
          className="input num"
          type="number"
          min={1}
          placeholder={String(d.calls)}
          value={budget.tool_calls ?? ""}
          onChange={(e) => set("tool_calls", e.target.value, 1)}
        />
      </label>
    </div>
  );
}
