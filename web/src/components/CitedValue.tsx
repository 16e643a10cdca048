import { ArrowDown } from "lucide-react";
import { useContext, useEffect, useRef } from "react";
import type { Call } from "../run/view";
import { toAnswer } from "./useStand";
import { Provenance, ResolveContext } from "./ValueChip";

/** The path of a value within a call's result, if it is a value of this call. */
export function pathIn(callId: string, key: string | undefined): string | undefined {
  const own = key?.replace(/^disc-[^/]*\//, "");
  return own?.startsWith(`${callId}.`) ? own.slice(callId.length + 1) : undefined;
}

/** The number that led to this call, with what stands behind it, and the way back. */
export function CitedValue({ path, call }: { path: string; call: Call }) {
  const source = useContext(ResolveContext)(`${call.callId}.${path}`);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: "center" }), [path]);
  if (!source) return null;
  const back = () => {
    const talk = place.current?.closest<HTMLElement>(".talk");
    if (talk) toAnswer(talk);
  };
  return (
    <div ref={place} className="cited-value" role="group" aria-label="The cited number">
      <Provenance source={source} />
      <button type="button" className="btn quiet" onClick={back}>
        <ArrowDown size={14} aria-hidden /> Back to the answer
      </button>
    </div>
  );
}
