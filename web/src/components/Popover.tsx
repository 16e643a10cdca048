import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

/** A panel near an element, kept inside the window. It is described, never focused. */
export function Popover({ near, id, children }: { near: HTMLElement; id: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number }>();
  useLayoutEffect(() => {
    const own = box.current?.getBoundingClientRect();
    const at = near.getBoundingClientRect();
    if (!own) return;
    const below = at.bottom + 6 + own.height < window.innerHeight;
    setPlace({
      left: Math.max(8, Math.min(at.left, window.innerWidth - own.width - 8)),
      top: below ? at.bottom + 6 : Math.max(8, at.top - own.height - 6),
    });
  }, [near]);
  return createPortal(
    <div
      ref={box}
      id={id}
      role="tooltip"
      className="popover"
      style={place ?? { left: 0, top: 0, visibility: "hidden" }}
    >
      {children}
    </div>,
    document.querySelector("main") ?? document.body, // within a landmark, as all that is read
  );
}
