import { useCallback, useState } from "react";
import { requestId } from "../api/client";
import { useCreate, useUpdate } from "../api/queries";
import { useSessionView } from "../hooks/useRun";
import { type Discovery, isClosed } from "../run/view";
import { useUi } from "../ui/state";
import { ProblemNote } from "./Bits";
import { QueryInput, type Question } from "./QueryInput";

/** While it runs, a word to the agent; after, the next question. */
export function Composer({ session, discovery: d }: { session: string; discovery: Discovery }) {
  const create = useCreate();
  const update = useUpdate(d.id);
  const select = useUi((u) => u.select);
  const [key, setKey] = useState(requestId);
  const view = useSessionView();
  const last = view.discoveries.at(-1) ?? d;
  const running = !isClosed(last.status);
  const ask = useCallback(
    (q: Question) => {
      if (running) {
        update.mutate({ kind: "steer", text: q.query });
        return;
      }
      create.mutate(
        { key, query: q.query, mode: q.mode, session_id: session, budget: q.budget },
        {
          onSuccess: (made) => {
            setKey(requestId());
            select({ discovery: made.id });
          },
        },
      );
    },
    [create, update, key, running, select, session],
  );
  const failed = create.error ?? update.error;
  return (
    <div className="composer-box">
      {failed ? <ProblemNote error={failed} /> : null}
      {update.isSuccess && running ? (
        <p className="small soft">Your word was handed over; the next turn takes it in.</p>
      ) : null}
      <QueryInput
        onSubmit={ask}
        busy={create.isPending || update.isPending}
        settings={!running}
        placeholder={running ? "Steer it: a hint, a constraint, a correction" : "Ask what follows"}
        label={running ? "Steer the discovery" : "Follow-up question"}
        action={running ? "Steer" : "Ask"}
      />
    </div>
  );
}
