import { CornerDownLeft, SlidersHorizontal } from "lucide-react";
import { type Dispatch, type RefObject, type SetStateAction, useEffect, useId, useRef, useState } from "react";
import type { Budget, Mode } from "../api/types";
import { useUi } from "../ui/state";
import { BudgetFields } from "./BudgetFields";
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
  focused?: boolean; // from the start
}

/** The composer: the question, how hard to try, and how much it may cost. */
export function QueryInput({
  onSubmit,
  busy,
  placeholder = "Ask for a material",
  label = "Question",
  action = "Ask",
  settings = true,
  focused = false,
}: Props) {
  const [query, setQuery] = useState("");
  const [mode, setMode] = useState<Mode>("auto");
  const [budget, setBudget] = useState<Partial<Budget>>({});
  const [more, setMore] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  useEffect(() => {
    if (focused) area.current?.focus();
  }, [focused]);
  useDraft(area, setQuery);
  useGrowing(area, query);
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
          if (e.key !== "Enter" || e.shiftKey || e.nativeEvent.isComposing) return;
          e.preventDefault();
          send();
        }}
      />
      <div className="row composer-foot">
        {settings ? (
          <>
            <ModePicker mode={mode} onPick={setMode} />
            <MoreButton open={more} onPress={() => setMore(!more)} />
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
}

function ModePicker({ mode, onPick }: { mode: Mode; onPick: (m: Mode) => void }) {
  const name = useId();
  return (
    <fieldset className="segmented">
      <legend className="hidden">Mode</legend>
      {modes.map((m) => (
        <label key={m.id} title={m.says} className={mode === m.id ? "on" : ""}>
          <input
            type="radio"
            className="hidden"
            name={name}
            value={m.id}
            checked={mode === m.id}
            onChange={() => onPick(m.id)}
          />
          {m.label}
        </label>
      ))}
    </fieldset>
  );
}

function MoreButton({ open, onPress }: { open: boolean; onPress: () => void }) {
  return (
    <button
      type="button"
      className="btn quiet icon"
      aria-expanded={open}
      aria-label="Budget and model"
      title="Budget and model"
      onClick={onPress}
    >
      <SlidersHorizontal size={14} aria-hidden />
    </button>
  );
}

type Area = RefObject<HTMLTextAreaElement | null>;

/** Takes over what was prepared elsewhere, such as a question about a structure. */
function useDraft(area: Area, setQuery: Dispatch<SetStateAction<string>>): void {
  const draft = useUi((u) => u.draft);
  useEffect(() => {
    if (draft === "") return;
    setQuery((q) => (q.trim() === "" ? draft : `${q.trimEnd()}\n${draft}`));
    area.current?.focus();
    useUi.setState({ draft: "" });
  }, [draft, area, setQuery]);
}

/** The box grows with its text, up to a third of the window. */
function useGrowing(area: Area, text: string): void {
  useEffect(() => {
    const el = area.current;
    if (!el) return;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight + 2, window.innerHeight / 3)}px`;
  }, [area, text]);
}
