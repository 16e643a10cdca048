import { memo } from "react";
import type { Call } from "../run/view";
import { ToolCard } from "./ToolCard";

interface Props {
  calls: readonly Call[];
  discovery: string;
  open: boolean;
  heldStep: string; // the step that failed and holds the discovery; "" if none
}

/** The calls of one turn; several run side by side. */
export const ToolUsagePanel = memo(function ToolUsagePanel({ calls, discovery, open, heldStep }: Props) {
  if (calls.length === 0) return null;
  return (
    <div role="group" className="col tools" aria-label="Tool calls">
      {calls.map((c) => (
        <ToolCard key={c.callId} call={c} discovery={discovery} open={open} held={heldStep === c.step} />
      ))}
    </div>
  );
}, same);

/** The list of calls is made anew with each view; its calls are not. */
function same(a: Props, b: Props): boolean {
  return (
    a.discovery === b.discovery &&
    a.open === b.open &&
    a.heldStep === b.heldStep &&
    a.calls.length === b.calls.length &&
    a.calls.every((c, i) => c === b.calls[i])
  );
}
