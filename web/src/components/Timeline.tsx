import { ChevronDown, ChevronUp } from "lucide-react";
import { memo, useMemo, useRef } from "react";
import { useAfterPaint } from "../hooks/useAfterPaint";
import { useRunTime } from "../hooks/useRun";
import { counted, formatSeconds, words } from "../lib/format";
import { lookOf } from "../lib/status";
import { type Discovery, isClosed } from "../run/view";
import { useUi } from "../ui/state";
import { useRows } from "./rows";

interface Bar {
  step: string;
  label: string;
  status: string;
  from: number;
  to: number | undefined; // undefined while it runs
}

interface TimelineProps {
  discovery: Discovery;
  foldable?: boolean;
}

/** The run over time: each step a bar on its own lane, parallel ones side by side. */
export const Timeline = memo(function Timeline({ discovery: d, foldable = true }: TimelineProps) {
  const open = useUi((u) => u.timeline) || !foldable;
  const setOpen = useUi((u) => u.setTimeline);
  const painted = useAfterPaint(); // the thousand lanes of a long run can wait for its answer
  const bars = useMemo(() => (painted ? barsOf(d) : none), [painted, d]);
  const closed = isClosed(d.status);
  const now = useRunTime(!closed && open);
  const start = d.startedAt;
  const end = closed ? (d.endedAt ?? Math.max(...bars.map((b) => b.to ?? b.from), start)) : now;
  const span = Math.max(1, end - start);
  return (
    <section className="timeline" aria-label="Timeline">
      <header className="row">
        {foldable ? (
          <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? <ChevronDown size={14} aria-hidden /> : <ChevronUp size={14} aria-hidden />}
            <h2>Timeline</h2>
          </button>
        ) : (
          <h2>Timeline</h2>
        )}
        <span className="small soft num tail">
          {painted ? `${counted(bars.length, "step")} · ${formatSeconds(span)}` : null}
        </span>
      </header>
      {!open ? null : painted ? (
        <Lanes bars={bars} period={{ start, end, span }} discovery={d.id} />
      ) : (
        <div className="lanes" />
      )}
    </section>
  );
}, sameSteps);

/** Live text and progress change no bar. */
function sameSteps(a: TimelineProps, b: TimelineProps): boolean {
  return a.discovery.settled === b.discovery.settled && a.foldable === b.foldable;
}

const laneHeight = 24;

interface Period {
  start: number;
  end: number;
  span: number; // seconds of the whole, never none
}

function Lanes({ bars, period, discovery }: { bars: Bar[]; period: Period; discovery: string }) {
  const box = useRef<HTMLElement>(null);
  const { first, last, onScroll } = useRows(box, bars.length, laneHeight, 6);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by keyboard
    <section className="lanes" ref={box} onScroll={onScroll} tabIndex={0} aria-label="Steps over time">
      <ol style={{ height: bars.length * laneHeight }}>
        {bars.slice(first, last).map((b, k) => (
          <Lane key={b.step} bar={b} top={(first + k) * laneHeight} period={period} discovery={discovery} />
        ))}
      </ol>
    </section>
  );
}

function Lane({ bar: b, top, period, discovery }: { bar: Bar; top: number; period: Period; discovery: string }) {
  const selected = useUi((u) => u.selection.step === b.step);
  const select = useUi((u) => u.select);
  const { start, end, span } = period;
  const took = (b.to ?? end) - b.from;
  const left = ((b.from - start) / span) * 100;
  const width = Math.max(0.4, (took / span) * 100);
  const look = lookOf(b.status);
  return (
    <li className="lane" style={{ transform: `translateY(${top}px)` }}>
      <button
        type="button"
        className={`lane-row ${selected ? "selected" : ""}`}
        aria-pressed={selected}
        aria-label={`${b.step} ${b.label}, ${look.word}, ${formatSeconds(took)}`}
        onClick={() => select({ discovery, step: b.step })}
      >
        <span className="lane-name">
          <code className="small">{b.step}</code> <span className="small ellipsis">{b.label}</span>
        </span>
        <span className="lane-track">
          <i className={`lane-bar tone-${look.tone}`} style={{ left: `${left}%`, width: `${width}%` }} />
        </span>
        <span className="small soft num lane-time">{formatSeconds(took)}</span>
      </button>
    </li>
  );
}

const none: Bar[] = [];

function barsOf(d: Discovery): Bar[] {
  const closedAt = isClosed(d.status) ? d.endedAt : undefined;
  const bars: Bar[] = [];
  for (const t of d.turns)
    if (t.startedAt)
      bars.push({
        step: t.step,
        label: "reasoning",
        status: t.ended ? "ok" : closedAt ? "cancelled" : "running",
        from: t.startedAt,
        to: t.endedAt ?? closedAt,
      });
  for (const c of d.calls)
    if (c.startedAt)
      bars.push({
        step: c.step,
        label: words(c.tool),
        status: c.status === "running" && closedAt ? "cancelled" : c.status,
        from: c.startedAt,
        to: c.endedAt ?? closedAt,
      });
  return bars.sort((a, b) => a.from - b.from || (a.step < b.step ? -1 : 1));
}
