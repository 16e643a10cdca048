import { type ReactNode, useEffect, useId, useRef, useState } from "react";

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
  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>('[role^="menuitem"]:not(:disabled)')?.focus();
    const away = (e: PointerEvent) => {
      if (!root.current?.contains(e.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>("button")?.focus();
  };
  const move = (by: number) => {
    const all = [...(root.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? [])];
    const i = all.indexOf(document.activeElement as HTMLElement);
    all[(i + by + all.length) % all.length]?.focus();
  };
  return (
    <div
      className="menu-root"
      ref={root}
      onKeyDown={(e) => {
        if (!open) return;
        if (e.key === "Escape") {
          e.stopPropagation();
          close();
        } else if (e.key === "ArrowDown") {
          e.preventDefault();
          move(1);
        } else if (e.key === "ArrowUp") {
          e.preventDefault();
          move(-1);
        } else if (e.key === "Tab") setOpen(false);
      }}
    >
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
            <button
              key={m.label}
              type="button"
              role={m.checked === undefined ? "menuitem" : `menuitem${m.kind ?? "radio"}`}
              aria-checked={m.checked}
              disabled={m.disabled}
              className={`menu-item ${m.danger ? "danger" : ""}`}
              onClick={() => {
                close();
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
          ))}
        </div>
      ) : null}
    </div>
  );
}
