import { createContext, useContext, useId, useRef, useState } from "react";
import { formatValue, words } from "../lib/format";
import { Formula } from "../lib/formula";
import type { Resolve, Source } from "../run/values";
import { useUi } from "../ui/state";
import { Popover } from "./Popover";

export const ResolveContext = createContext<Resolve>(() => undefined);

/** A number with what stands behind it: on hover or focus its provenance, on click its call. */
export function ValueChip({ of }: { of: string }) {
  const source = useContext(ResolveContext)(of);
  if (!source)
    return (
      <del className="unsourced" title="No tool result has this key">
        {of}
      </del>
    );
  return <Chip source={source} />;
}

export function Chip({ source }: { source: Source }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const select = useUi((u) => u.select);
  const selected = useUi((u) => u.selection.value === source.key);
  const id = useId();
  const go = () => {
    select({
      step: source.callId,
      value: source.key,
      ...(source.structureId ? { structure: source.structureId } : {}),
    });
    // Followed before, it is open already; then only the place is missing.
    if (selected) document.querySelector(".cited-value")?.scrollIntoView({ block: "center" });
  };
  const show = () => setOpen(true);
  const hide = () => setOpen(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={`chip num ${selected ? "selected" : ""} ${source.converged === false ? "doubt" : ""}`}
        aria-describedby={open ? id : undefined}
        onMouseEnter={show}
        onMouseLeave={hide}
        onFocus={show}
        onBlur={hide}
        onKeyDown={(e) => e.key === "Escape" && hide()}
        onClick={go}
      >
        {formatValue(source.value, source.unit, source.name)}
      </button>
      {open && button.current ? (
        <Popover near={button.current} id={id}>
          <Provenance source={source} />
        </Popover>
      ) : null}
    </>
  );
}

/** What stands behind a number. */
export function Provenance({ source: s }: { source: Source }) {
  return (
    <dl className="facts">
      <dt>Value</dt>
      <dd>
        {words(s.name)} <b className="num">{formatValue(s.value, s.unit, s.name)}</b>
        {s.formula ? (
          <>
            {" of "}
            <Formula of={s.formula} />
          </>
        ) : null}
      </dd>
      <dt>Call</dt>
      <dd>
        <code>{s.callId}</code> {words(s.tool)}
      </dd>
      {s.potential ? (
        <>
          <dt>Potential</dt>
          <dd>
            {s.potential}
            {s.level ? `, ${s.level}` : ""}
            {s.checkpoint ? <span className="soft"> ({s.checkpoint.slice(0, 8)})</span> : null}
          </dd>
        </>
      ) : null}
      {s.structureId ? (
        <>
          <dt>Structure</dt>
          <dd>
            <code>{s.structureId.slice(0, 11)}</code>
          </dd>
        </>
      ) : null}
      {s.converged === null || s.converged === undefined ? null : (
        <>
          <dt>Converged</dt>
          <dd className={s.converged ? "" : "ink-red"}>{s.converged ? "yes" : "no: do not rely on it"}</dd>
        </>
      )}
      {s.expression ? (
        <>
          <dt>Computed as</dt>
          <dd>
            <code>{s.expression}</code>
          </dd>
        </>
      ) : null}
    </dl>
  );
}
