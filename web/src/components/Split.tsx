import { type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from "react";
import { useUi } from "../ui/state";

/** Two panes with a bar between them, moved by pointer or arrow keys; the share is remembered. */
export function Split({
  name,
  label,
  start,
  least = 20,
  direction,
  first,
  second,
}: {
  name: string;
  label: string;
  start: number;
  least?: number;
  direction: "row" | "column";
  first: ReactNode;
  second: ReactNode;
}) {
  const share = useUi((u) => u.split[name] ?? start);
  const setSplit = useUi((u) => u.setSplit);
  const box = useRef<HTMLDivElement>(null);
  const set = (p: number) => setSplit(name, Math.round(Math.min(100 - least, Math.max(least, p)) * 10) / 10);
  const drag = (e: PointerEvent) => {
    if (!(e.currentTarget as HTMLElement).hasPointerCapture(e.pointerId)) return;
    const r = box.current?.getBoundingClientRect();
    if (r) set(direction === "row" ? ((e.clientX - r.left) / r.width) * 100 : ((e.clientY - r.top) / r.height) * 100);
  };
  const keys = (e: KeyboardEvent) => {
    const by = { ArrowLeft: -2, ArrowUp: -2, ArrowRight: 2, ArrowDown: 2 }[e.key];
    if (by === undefined) return;
    e.preventDefault();
    set(share + by);
  };
  const size: CSSProperties = direction === "row" ? { width: `${share}%` } : { height: `${share}%` };
  return (
    <div className={`split split-${direction}`} ref={box}>
      <div className="pane" style={size}>
        {first}
      </div>
      <div
        className="bar"
        role="separator"
        aria-label={label}
        aria-orientation={direction === "row" ? "vertical" : "horizontal"}
        aria-valuenow={Math.round(share)}
        aria-valuemin={least}
        aria-valuemax={100 - least}
        tabIndex={0}
        onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
        onPointerMove={drag}
        onKeyDown={keys}
        onDoubleClick={() => set(start)}
      />
      <div className="pane grow">{second}</div>
    </div>
  );
}
