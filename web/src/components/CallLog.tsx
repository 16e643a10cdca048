import { useRunStore } from "../hooks/useRun";
import { asSentence, formatClock, words } from "../lib/format";
import type { Said } from "../run/traces";
import type { Call, Task } from "../run/view";
import { useUi } from "../ui/state";

/** What a call did and said, line by line; its own words only from when this page began to watch. */
export function CallLog({ call, discovery }: { call: Call; discovery: string }) {
  const store = useRunStore();
  const at = useUi((u) => u.replayAt);
  const said = store.traces.wordsOf(discovery, call.callId);
  const until = at === undefined ? Number.POSITIVE_INFINITY : (store.playback().events[at - 1]?.timestamp ?? 0);
  const lines = linesOf(call, said).filter((l) => l.at <= until);
  if (lines.length === 0) return null;
  return (
    <details className="call-log small">
      <summary>Log</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by keyboard */}
      <ol tabIndex={0} aria-label={`Log of ${call.callId}`}>
        {lines.map((l, i) => (
          <li key={i}>
            <time className="num soft">{formatClock(l.at)}</time> <span>{l.text}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** The lines by time: its tasks, which are kept, and its words. */
export function linesOf(call: Call, said: readonly Said[]): Said[] {
  const lines = [...call.tasks.flatMap(ofTask), ...said.map((s) => ({ ...s, text: asSentence(s.text) }))];
  return lines.sort((a, b) => a.at - b.at);
}

function ofTask(t: Task): Said[] {
  const begun = { at: t.startedAt, text: asSentence(`${words(t.type)} begins`) };
  if (t.endedAt === undefined) return [begun];
  const done = t.total > 0 ? `, ${t.completed} of ${t.total}` : "";
  const details = t.details ? `: ${t.details}` : "";
  return [begun, { at: t.endedAt, text: asSentence(`${words(t.type)} ${words(t.status)}${done}${details}`) }];
}
