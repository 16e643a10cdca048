import { CirclePause, CirclePlay, Flag, GitFork, MoreHorizontal, RotateCcw, Square, Wallet } from "lucide-react";
import { useState } from "react";
import { useCancel, useRetryDiscovery, useUpdate } from "../api/queries";
import { type Discovery, isClosed } from "../run/view";
import { ProblemNote } from "./Bits";
import { BudgetDialog, CancelDialog, ForkDialog } from "./ControlDialogs";
import { Menu, type MenuItem } from "./Menu";

/** What a person may do with a discovery, by its state. */
export function Controls({ discovery: d, onExport }: { discovery: Discovery; onExport: readonly MenuItem[] }) {
  const update = useUpdate(d.id);
  const cancel = useCancel(d.id);
  const retry = useRetryDiscovery(d.id);
  const [dialog, setDialog] = useState<"" | "stop" | "budget" | "fork">("");
  const close = () => setDialog("");
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
      {closed ? null : (
        <Running
          status={d.status}
          busy={busy}
          tell={(kind) => update.mutate({ kind })}
          stop={() => setDialog("stop")}
        />
      )}
      {goesOn.includes(d.status) ? (
        <button type="button" className="btn" disabled={busy} onClick={() => retry.mutate()}>
          <RotateCcw size={14} aria-hidden /> Go on
        </button>
      ) : null}
      <Menu label="More" items={more} className="btn icon">
        <MoreHorizontal size={16} aria-hidden />
      </Menu>
      {failed ? (
        <div className="toast">
          <ProblemNote error={failed} />
        </div>
      ) : null}
      {dialog === "stop" ? (
        <CancelDialog
          onClose={close}
          onCancel={() => {
            cancel.mutate("cancelled by its user");
            close();
          }}
        />
      ) : null}
      {dialog === "budget" ? (
        <BudgetDialog
          mode={d.mode}
          onClose={close}
          onSet={(budget) => {
            update.mutate({ kind: "set_budget", budget });
            close();
          }}
        />
      ) : null}
      {dialog === "fork" ? <ForkDialog discovery={d} onClose={close} /> : null}
    </div>
  );
}

/** Ends from which a discovery can be taken up again. */
const goesOn = ["failed", "cancelled", "budget_exhausted"];

/** While it runs or waits: hold it, let it answer, or end it. */
function Running({
  status,
  busy,
  tell,
  stop,
}: {
  status: string;
  busy: boolean;
  tell: (kind: "pause" | "resume" | "finish_now") => void;
  stop: () => void;
}) {
  return (
    <>
      {status === "paused" ? (
        <button type="button" className="btn primary" disabled={busy} onClick={() => tell("resume")}>
          <CirclePlay size={14} aria-hidden /> Resume
        </button>
      ) : (
        <button
          type="button"
          className="btn"
          disabled={busy || status === "queued"}
          title="Pause"
          onClick={() => tell("pause")}
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
        onClick={() => tell("finish_now")}
      >
        <Flag size={14} aria-hidden /> <span className="wide-only">Finish now</span>
      </button>
      <button type="button" className="btn danger" disabled={busy} title="Cancel" onClick={stop}>
        <Square size={12} aria-hidden /> <span className="wide-only">Cancel</span>
      </button>
    </>
  );
}
