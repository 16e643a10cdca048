import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

/** A panel near an element, kept inside the window. It is described, never focused. */
export function Popover({ near, id, children }: { near: HTMLElement; id: string; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number }>();
  useLayoutEffect(() => {
    const put = () => box.current && setPlace(beside(near, box.current));
    put();
    return onMove(near, put);
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

function beside(near: HTMLElement, box: HTMLElement): { left: number; top: number } {
  const own = box.getBoundingClientRect();
  const at = near.getBoundingClientRect();
  const below = at.bottom + 6 + own.height < window.innerHeight;
  return {
    left: Math.max(8, Math.min(at.left, window.innerWidth - own.width - 8)),
    top: below ? at.bottom + 6 : Math.max(8, at.top - own.height - 6),
  };
}

/** Calls back when an element may have moved: something scrolls, or what is around it grows. */
function onMove(near: HTMLElement, moved: () => void): () => void {
  const around = new ResizeObserver(moved);
  for (let e: HTMLElement | null = near; e; e = e.parentElement) around.observe(e);
  addEventListener("scroll", moved, { capture: true, passive: true });
  addEventListener("resize", moved);
  return () => {
    around.disconnect();
    removeEventListener("scroll", moved, { capture: true });
    removeEventListener("resize", moved);
  };
}
