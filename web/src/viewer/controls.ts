// Pointer and wheel: drag turns, shift or right drag moves, wheel and pinch
// scale, a click picks. Keys are in keys.ts.

export interface Gestures {
  turn(dx: number, dy: number): void;
  roll(angle: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number): void;
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number, add: boolean): void;
  doubleClick(): void;
}

const CLICK = 4; // pixels a pointer may move in a click

/** Listens on an element until the returned function is called. */
export function listen(el: HTMLElement, g: Gestures): () => void {
  const down = new Map<number, { x: number; y: number }>();
  let moved = 0;
  const place = (e: MouseEvent) => {
    const r = el.getBoundingClientRect();
    return { x: e.clientX - r.left, y: e.clientY - r.top };
  };
  const onDown = (e: PointerEvent) => {
    down.set(e.pointerId, place(e));
    el.setPointerCapture(e.pointerId);
    if (down.size === 1) moved = 0;
  };
  const onMove = (e: PointerEvent) => {
    const now = place(e);
    const before = down.get(e.pointerId);
    if (!before) {
      if (e.pointerType === "mouse") g.hover(now.x, now.y);
      return;
    }
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    moved += Math.abs(dx) + Math.abs(dy);
    if (down.size === 2) pinch(down, e.pointerId, now, g);
    else if (moved > CLICK) {
      if (e.shiftKey || e.buttons & 6) g.pan(dx, dy);
      else g.turn(dx, dy);
    }
    down.set(e.pointerId, now);
  };
  const onUp = (e: PointerEvent) => {
    const single = down.size === 1;
    if (!down.delete(e.pointerId)) return;
    if (single && moved <= CLICK && e.button === 0) {
      const p = place(e);
      g.click(p.x, p.y, e.shiftKey || e.ctrlKey || e.metaKey);
    }
  };
  const onWheel = (e: WheelEvent) => {
    e.preventDefault();
    g.zoom(Math.exp(-e.deltaY * (e.deltaMode === 1 ? 0.05 : 0.0015)));
  };
  const onCancel = (e: PointerEvent) => void down.delete(e.pointerId);
  const noMenu = (e: Event) => e.preventDefault();
  const all: [string, EventListener][] = [
    ["pointerdown", onDown as EventListener],
    ["pointermove", onMove as EventListener],
    ["pointerup", onUp as EventListener],
    ["pointercancel", onCancel as EventListener],
    ["pointerleave", () => g.leave()],
    ["wheel", onWheel as EventListener],
    ["dblclick", () => g.doubleClick()],
    ["contextmenu", noMenu],
  ];
  for (const [type, fn] of all) el.addEventListener(type, fn, type === "wheel" ? { passive: false } : undefined);
  return () => {
    for (const [type, fn] of all) el.removeEventListener(type, fn);
  };
}

/** Two fingers: their distance scales, their turn rolls, their middle moves. */
function pinch(
  down: Map<number, { x: number; y: number }>,
  id: number,
  now: { x: number; y: number },
  g: Gestures,
): void {
  const before = down.get(id);
  const other = [...down].find(([k]) => k !== id)?.[1];
  if (!before || !other) return;
  const [ax, ay] = [before.x - other.x, before.y - other.y];
  const [bx, by] = [now.x - other.x, now.y - other.y];
  const [a, b] = [Math.hypot(ax, ay), Math.hypot(bx, by)];
  if (a < 10 || b < 10) return;
  g.zoom(b / a);
  g.roll(Math.atan2(ay * bx - ax * by, ax * bx + ay * by));
  g.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
}
