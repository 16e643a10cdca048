// What a control asks before it acts.
import { GitFork } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useFork } from "../api/queries";
import type { Budget } from "../api/types";
import { formatValue } from "../lib/format";
import { withoutMarks } from "../lib/plain";
import { plainCitations, type Resolve, resolver } from "../run/values";
import type { Discovery } from "../run/view";
import { useUi } from "../ui/state";
import { ProblemNote } from "./Bits";
import { BudgetFields } from "./BudgetFields";
import { Dialog } from "./Dialog";

export function CancelDialog({ onClose, onCancel }: { onClose: () => void; onCancel: () => void }) {
  return (
    <Dialog title="Cancel this discovery?" onClose={onClose}>
      <p>What was computed is kept and reported. It can go on later from where it stopped.</p>
      <div className="row end">
        <button type="button" className="btn" onClick={onClose}>
          Let it run
        </button>
        <button type="button" className="btn danger" onClick={onCancel}>
          Cancel it
        </button>
      </div>
    </Dialog>
  );
}

export function BudgetDialog({
  mode,
  onClose,
  onSet,
}: {
  mode: "creative" | "rigorous";
  onClose: () => void;
  onSet: (b: Partial<Budget>) => void;
}) {
  const [budget, setBudget] = useState<Partial<Budget>>({});
  return (
    <Dialog title="Change the budget" onClose={onClose}>
      <p className="soft">Limits of the whole discovery, what was spent included. Empty fields stay as they are.</p>
      <BudgetFields budget={budget} onChange={setBudget} mode={mode} />
      <div className="row end">
        <button
          type="button"
          className="btn primary"
          disabled={Object.keys(budget).length === 0}
          onClick={() => onSet(budget)}
        >
          Set
        </button>
      </div>
    </Dialog>
  );
}

/** How a turn begins, without marks and with its numbers. */
function firstWords(text: string, resolve: Resolve): string {
  const shown = plainCitations(text, (key) => {
    const s = resolve(key);
    return s ? formatValue(s.value, s.unit, s.name) : "…";
  });
  return withoutMarks(shown).slice(0, 60);
}

export function ForkDialog({ discovery: d, onClose }: { discovery: Discovery; onClose: () => void }) {
  const ended = d.turns.filter((t) => t.ended);
  const [turn, setTurn] = useState(ended.at(-1)?.turn ?? 1);
  const [query, setQuery] = useState("");
  const fork = useFork(d.id);
  const select = useUi((u) => u.select);
  const go = useNavigate();
  return (
    <Dialog title="Fork from a turn" onClose={onClose}>
      <form
        className="col"
        onSubmit={(e) => {
          e.preventDefault();
          fork.mutate(
            { turn, query: query.trim() },
            {
              onSuccess: (made) => {
                select({ discovery: made.id });
                onClose();
                void go(`/s/${made.session_id}`);
              },
            },
          );
        }}
      >
        <label className="field">
          After turn
          <select className="input" value={turn} onChange={(e) => setTurn(Number(e.target.value))}>
            {ended.map((t) => (
              <option key={t.step} value={t.turn}>
                {t.turn}: {firstWords(t.text, resolver(d))}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          What to do differently
          <textarea className="input" rows={3} value={query} onChange={(e) => setQuery(e.target.value)} />
        </label>
        {fork.isError ? <ProblemNote error={fork.error} /> : null}
        <div className="row end">
          <button
            type="submit"
            className="btn primary"
            disabled={fork.isPending || query.trim() === "" || ended.length === 0}
          >
            <GitFork size={14} aria-hidden /> Fork
          </button>
        </div>
      </form>
    </Dialog>
  );
}
