import { CirclePause, CirclePlay, Flag, GitFork, MoreHorizontal, RotateCcw, Square, Wallet } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCancel, useFork, useRetryDiscovery, useUpdate } from "../api/queries";
import type { Budget } from "../api/types";
import { formatValue } from "../lib/format";
import { plainCitations, type Resolve, resolver } from "../run/values";
import { type Discovery, isClosed } from "../run/view";
import { useUi } from "../ui/state";
import { ProblemNote } from "./Bits";
import { Dialog } from "./Dialog";
import { Menu, type MenuItem } from "./Menu";
import { BudgetFields } from "./QueryInput";

/** What a person may do with a discovery, by its state. */
export function Controls({ discovery: d, onExport }: { discovery: Discovery; onExport: readonly MenuItem[] }) {
  const update = useUpdate(d.id);
  const cancel = useCancel(d.id);
  const retry = useRetryDiscovery(d.id);
  const [dialog, setDialog] = useState<"" | "stop" | "budget" | "fork">("");
  const closed = isClosed(d.status);
  const busy = update.isPending || cancel.isPending || retry.isPending;
  const failed = update.error ?? cancel.error ?? retry.error;
  const more: MenuItem[] = [
    ...(closed ? [] : [{ label: "Change the budget", icon: <Wallet size={14} />, run: () => setDialog("budget") }]),
    {
      label: "Fork from a turn",
      hint: "a new discovery that knows what this one knew then",
      icon: <GitFork size={14} />,
      run: () => setDialog("fork"),
    },
    ...onExport,
  ];
  return (
    <div className="row controls" role="group" aria-label="Controls">
      {closed ? (
        ["failed", "cancelled", "budget_exhausted"].includes(d.status) ? (
          <button type="button" className="btn" disabled={busy} onClick={() => retry.mutate()}>
            <RotateCcw size={14} aria-hidden /> Go on
          </button>
        ) : null
      ) : (
        <>
          {d.status === "paused" ? (
            <button
              type="button"
              className="btn primary"
              disabled={busy}
              onClick={() => update.mutate({ kind: "resume" })}
            >
              <CirclePlay size={14} aria-hidden /> Resume
            </button>
          ) : (
            <button
              type="button"
              className="btn"
              disabled={busy || d.status === "queued"}
              title="Pause"
              onClick={() => update.mutate({ kind: "pause" })}
            >
              <CirclePause size={14} aria-hidden /> <span className="wide-only">Pause</span>
            </button>
          )}
          <button
            type="button"
            className="btn"
            disabled={busy}
            aria-label="Finish now"
            title="Finish now: answer with what is known"
            onClick={() => update.mutate({ kind: "finish_now" })}
          >
            <Flag size={14} aria-hidden /> <span className="wide-only">Finish now</span>
          </button>
          <button type="button" className="btn danger" disabled={busy} title="Cancel" onClick={() => setDialog("stop")}>
            <Square size={12} aria-hidden /> <span className="wide-only">Cancel</span>
          </button>
        </>
      )}
      <Menu label="More" items={more} className="btn icon">
        <MoreHorizontal size={16} aria-hidden />
      </Menu>
      {failed ? (
        <div className="toast">
          <ProblemNote error={failed} />
        </div>
      ) : null}
      {dialog === "stop" ? (
        <Dialog title="Cancel this discovery?" onClose={() => setDialog("")}>
          <p>What was computed is kept and reported. It can go on later from where it stopped.</p>
          <div className="row end">
            <button type="button" className="btn" onClick={() => setDialog("")}>
              Let it run
            </button>
            <button
              type="button"
              className="btn danger"
              onClick={() => {
                cancel.mutate("cancelled by its user");
                setDialog("");
              }}
            >
              Cancel it
            </button>
          </div>
        </Dialog>
      ) : null}
      {dialog === "budget" ? (
        <BudgetDialog
          mode={d.mode}
          onClose={() => setDialog("")}
          onSet={(budget) => {
            update.mutate({ kind: "set_budget", budget });
            setDialog("");
          }}
        />
      ) : null}
      {dialog === "fork" ? <ForkDialog discovery={d} onClose={() => setDialog("")} /> : null}
    </div>
  );
}

function BudgetDialog({
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
  return shown.replace(/[*_`#]+/g, "").slice(0, 60);
}

function ForkDialog({ discovery: d, onClose }: { discovery: Discovery; onClose: () => void }) {
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
