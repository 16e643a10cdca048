import { ChevronRight } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import { formatCount, formatSeconds } from "../lib/format";
import type { Turn } from "../run/view";
import { useUi } from "../ui/state";
import { Markdown, Plain } from "./Markdown";
import { Notes } from "./ToolCard";

interface Props {
  turn: Turn;
  discovery: string;
  introduce: boolean; // whether the speaker is new
  answer: boolean; // whether the report below says the same, checked
}

/** What the model thinks: as it is written, then folded. */
export const AgentReasoningPanel = memo(function AgentReasoningPanel({ turn, discovery, introduce, answer }: Props) {
  const selected = useUi((u) => u.selection.step === turn.step && (u.selection.discovery ?? discovery) === discovery);
  const select = useUi((u) => u.select);
  const [shown, setShown] = useState<boolean>();
  const unfolded = shown ?? !answer;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (selected) box.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <div
      ref={box}
      role="group"
      className={`reasoning ${selected ? "selected" : ""}`}
      data-step={turn.step}
      aria-label={`Reasoning, turn ${turn.turn}`}
    >
      {introduce && turn.speaker ? (
        <p className="speaker small">
          <b>{turn.speaker}</b> <span className="soft">{turn.provider}</span>
        </p>
      ) : null}
      <button
        type="button"
        className="fold small soft"
        aria-expanded={unfolded}
        onClick={() => {
          setShown(!unfolded);
          select({ discovery, step: turn.step });
        }}
      >
        <ChevronRight size={12} aria-hidden className={unfolded ? "down" : ""} />
        {turn.ended ? (answer ? "The answer as it was written" : `Turn ${turn.turn}`) : "Thinking"}
        {turn.usage ? ` · ${formatCount(turn.usage.tokens_out)} tokens` : ""}
        {turn.endedAt && turn.endedAt - turn.startedAt >= 1 ? ` · ${formatSeconds(turn.endedAt - turn.startedAt)}` : ""}
        {turn.attempt > 1 ? ` · attempt ${turn.attempt}` : ""}
      </button>
      {unfolded ? turn.ended ? <Markdown text={turn.text} /> : <Plain text={turn.text || "…"} /> : null}
      {turn.hole ? <p className="small soft">A piece of this text is missing; it comes when the turn ends.</p> : null}
      <Notes notes={turn.notes} />
    </div>
  );
});
