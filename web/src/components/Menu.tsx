import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useId, useRef, useState } from "react";

export interface MenuItem {
  label: string;
  hint?: string;
  icon?: ReactNode;
  danger?: boolean;
  checked?: boolean;
  kind?: "radio" | "checkbox"; // of what can be checked; one of several by default
  disabled?: boolean;
  run: () => void;
}

const entries = '[role^="menuitem"]:not(:disabled)';

/** A button that opens a list of actions; arrows move, Escape closes. */
export function Menu({
  label,
  children,
  items,
  align = "right",
  className = "btn",
}: {
  label: string;
  children: ReactNode;
  items: readonly MenuItem[];
  align?: "left" | "right";
  className?: string;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  useOpen(root, open, () => setOpen(false));
  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>("button")?.focus();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (!open) return;
    if (e.key === "Escape") {
      e.stopPropagation();
      close();
    } else if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (root.current) move(root.current, e.key === "ArrowDown" ? 1 : -1);
    } else if (e.key === "Tab") setOpen(false);
  };
  return (
    <div className="menu-root" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!open)}
      >
        {children}
      </button>
      {open ? (
        <div className={`menu ${align}`} role="menu" id={id} aria-label={label}>
          {items.map((m) => (
            <Entry key={m.label} of={m} onPick={close} />
          ))}
        </div>
      ) : null}
    </div>
  );
}

/** What opens has the focus; what is pressed beside it closes it. */
function useOpen(root: RefObject<HTMLElement | null>, open: boolean, close: () => void): void {
  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>(entries)?.focus();
    const away = (e: PointerEvent) => {
      if (!root.current?.contains(e.target as Node)) close();
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);
}

function move(root: HTMLElement, by: number): void {
  const all = [...root.querySelectorAll<HTMLElement>(entries)];
  const i = all.indexOf(document.activeElement as HTMLElement);
  all[(i + by + all.length) % all.length]?.focus();
}

function Entry({ of: m, onPick }: { of: MenuItem; onPick: () => void }) {
  return (
    <button
      type="button"
      role={m.checked === undefined ? "menuitem" : `menuitem${m.kind ?? "radio"}`}
      aria-checked={m.checked}
      disabled={m.disabled}
      className={`menu-item ${m.danger ? "danger" : ""}`}
      onClick={() => {
        onPick();
        m.run();
      }}
    >
      {m.icon}
      <span className="grow">
        {m.label}
        {m.hint ? <span className="soft small block">{m.hint}</span> : null}
      </span>
      {m.checked ? <span aria-hidden>✓</span> : null}
    </button>
  );
}
