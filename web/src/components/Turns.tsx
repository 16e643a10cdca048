// What was thought and called, turn by turn. Of a long run whole stretches of
// turns stand for themselves as one empty box until they come near the window.
import { parseStep } from "../event/id";
import { once } from "../lib/once";
import { type Call, type Discovery, isClosed, type Turn } from "../run/view";
import { useUi } from "../ui/state";
import { AgentReasoningPanel } from "./AgentReasoningPanel";
import { ToolCard } from "./ToolCard";
import { ToolUsagePanel } from "./ToolUsagePanel";
import { Windowed } from "./Windowed";

const long = 40; // turns
const stretch = 16; // turns
const turnHeight = 120; // pixels, as far as one can tell

interface Props {
  discovery: Discovery;
  live: boolean;
}

export function Turns({ discovery: d, live }: Props) {
  const chosen = useChosenTurn(d.id);
  const many = d.turns.length > long;
  const starts = Array.from({ length: Math.ceil(d.turns.length / stretch) }, (_, i) => i * stretch);
  const turn = (i: number) => (
    <Windowed
      key={d.turns[i]?.step}
      className="turn"
      many={many}
      height={turnHeight}
      wanted={d.turns[i]?.turn === chosen}
    >
      {() => <OneTurn discovery={d} at={i} live={live} />}
    </Windowed>
  );
  return (
    <>
      {starts.map((from) => {
        const turns = d.turns.slice(from, from + stretch);
        return (
          <Windowed
            key={from}
            className="stretch"
            many={many}
            height={turns.length * turnHeight}
            wanted={turns.some((t) => t.turn === chosen)}
          >
            {() => turns.map((_, i) => turn(from + i))}
          </Windowed>
        );
      })}
      {(callsBy(d).get(0) ?? none).map((c) => (
        <ToolCard
          key={c.callId}
          call={c}
          discovery={d.id}
          open={live && !isClosed(d.status)}
          held={heldStep(d) === c.step}
        />
      ))}
    </>
  );
}

function OneTurn({ discovery: d, at, live }: Props & { at: number }) {
  const t: Turn | undefined = d.turns[at];
  if (!t) return null;
  const closed = isClosed(d.status);
  const last = at === d.turns.length - 1;
  return (
    <>
      <AgentReasoningPanel
        turn={t}
        discovery={d.id}
        introduce={t.speaker !== d.turns[at - 1]?.speaker}
        answer={closed && last && t.ended && t.planned.length === 0}
      />
      <ToolUsagePanel
        calls={callsBy(d).get(t.turn) ?? none}
        discovery={d.id}
        open={live && !closed}
        heldStep={heldStep(d)}
      />
    </>
  );
}

/** The turn of the step that is chosen in this discovery; it is in the page wherever it stands. */
function useChosenTurn(discovery: string): number | undefined {
  return useUi((u) => {
    if (!u.selection.step || (u.selection.discovery ?? discovery) !== discovery) return undefined;
    const place = parseStep(u.selection.step);
    return place?.candidate === 0 ? place.turn : undefined;
  });
}

/** The step that failed and holds the discovery; "" if none. */
function heldStep(d: Discovery): string {
  return d.status === "needs_attention" && d.reason === "failure" ? (d.notes.at(-1)?.fromStep ?? "") : "";
}

const none: readonly Call[] = [];
/** Calls by their turn; those of candidates, which belong to none of the discovery itself, under 0. */
const callsBy = once((d: Discovery): ReadonlyMap<number, Call[]> => {
  const map = new Map<number, Call[]>();
  for (const c of d.calls) {
    const place = parseStep(c.step);
    const turn = place?.candidate === 0 ? place.turn : 0;
    const list = map.get(turn);
    if (list) list.push(c);
    else map.set(turn, [c]);
  }
  return map;
});
