// Small parts used everywhere.
import { type ReactNode, useId } from "react";
import { Problem } from "../api/client";
import { asSentence } from "../lib/format";
import { lookOf } from "../lib/status";

export function StatusBadge({ status, bare = false }: { status: string; bare?: boolean }) {
  const look = lookOf(status);
  const Icon = look.icon;
  return (
    <span className={bare ? `row ink-${look.tone}` : `badge tone-${look.tone}`} style={bare ? { gap: 4 } : undefined}>
      <Icon size={14} aria-hidden className={status === "running" ? "turning" : undefined} />
      {look.word}
    </span>
  );
}

export function StatusIcon({ status, size = 14 }: { status: string; size?: number }) {
  const look = lookOf(status);
  const Icon = look.icon;
  return (
    <span className={`ink-${look.tone} status-icon`}>
      <Icon size={size} aria-hidden className={status === "running" ? "turning" : undefined} />
      <span className="hidden">{look.word}</span>
    </span>
  );
}

export function Meter({
  part,
  whole,
  label,
  tone = "",
}: {
  part: number;
  whole: number;
  label: string;
  tone?: string;
}) {
  const share = whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
  return (
    <div
      className={`meter ${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <i style={{ width: `${share * 100}%` }} />
    </div>
  );
}

/** What went wrong, with the field and the next step, as the server said it. */
export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const body = error instanceof Problem ? error.body : undefined;
  return (
    <div className="note tone-red" role="alert">
      <p>
        {body?.field ? <b>{body.field}: </b> : null}
        {asSentence(body?.detail ?? (error instanceof Error ? error.message : String(error)))}
      </p>
      {body?.hint ? <p>{asSentence(body.hint)}</p> : null}
      {onRetry ? (
        <button type="button" className="btn" onClick={onRetry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

export interface Tab<T extends string> {
  id: T;
  label: ReactNode;
}

export function Tabs<T extends string>({
  tabs,
  at,
  onPick,
  label,
  children,
}: {
  tabs: readonly Tab<T>[];
  at: T;
  onPick: (t: T) => void;
  label: string;
  children: ReactNode;
}) {
  const base = useId();
  const move = (by: number) => {
    const i = tabs.findIndex((t) => t.id === at);
    const next = tabs[(i + by + tabs.length) % tabs.length];
    if (!next) return;
    onPick(next.id);
    document.getElementById(`${base}-${next.id}`)?.focus();
  };
  return (
    <div className="tabs">
      <div
        className="tablist"
        role="tablist"
        aria-label={label}
        onKeyDown={(e) => {
          if (e.key === "ArrowRight") move(1);
          else if (e.key === "ArrowLeft") move(-1);
        }}
      >
        {tabs.map((t) => (
          <button
            key={t.id}
            id={`${base}-${t.id}`}
            type="button"
            role="tab"
            aria-selected={t.id === at}
            aria-controls={`${base}-panel`}
            tabIndex={t.id === at ? 0 : -1}
            className="tab"
            onClick={() => onPick(t.id)}
          >
            {t.label}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a panel that scrolls is reached by keyboard */}
      <div className="tabpanel" id={`${base}-panel`} role="tabpanel" aria-labelledby={`${base}-${at}`} tabIndex={0}>
        {children}
      </div>
    </div>
  );
}

export function Skeleton({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div className="col" role="status" aria-label={label} style={{ padding: 12 }}>
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} className="skeleton" style={{ height: 14, width: `${90 - ((i * 23) % 50)}%` }} />
      ))}
    </div>
  );
}
