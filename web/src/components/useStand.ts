// Where a conversation stands: at its end while something runs, at the answer
// once there is one, at a step that somebody went to, and where a person put it
// from then on.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useUi } from "../ui/state";

type Stand = "end" | "answer" | "step" | "free";

/** The element of the latest answer carries this class. */
export const answerPlace = "answer-place";

const justNow = 1000; // ms in which a scroll is a person's
const air = 12; // pixels above the answer

export interface Standing {
  free: boolean;
  follow: () => void;
  /** For the box: a person did something in it. */
  meant: () => void;
  onScroll: () => void;
}

export function useStand(
  box: RefObject<HTMLElement | null>,
  inner: RefObject<HTMLElement | null>,
  { newest, closed }: { newest: string; closed: boolean },
): Standing {
  const [stand, setStand] = useState<Stand>(() => (linked() ? "step" : closed ? "answer" : "end"));
  const known = useRef({ newest, closed });
  const top = useRef(0);
  const touched = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const was = known.current;
    known.current = { newest, closed };
    if (was.newest !== newest) setStand(closed ? "answer" : "end");
    else if (was.closed !== closed) setStand((s) => (s === "free" || s === "step" ? s : closed ? "answer" : "end"));
  }, [newest, closed]);
  // Who goes to a step wants to stay there, also while what is around it comes
  // into the page; who pressed it here sees it already.
  useEffect(
    () =>
      useUi.subscribe((u, old) => {
        if (u.selection.step && u.selection !== old.selection && u.selection.step !== old.selection.step)
          setStand(performance.now() - touched.current < justNow ? "free" : "step");
      }),
    [],
  );
  // Texts and results grow after they are in the page (their renderers load
  // late), so the size is followed and not the state.
  useLayoutEffect(() => {
    const el = box.current;
    const grown = inner.current;
    if (!el || !grown || stand === "free") return;
    const go = () => places[stand](el);
    go();
    const watch = new ResizeObserver(go);
    watch.observe(grown);
    return () => watch.disconnect();
  }, [box, inner, stand]);
  const meant = useCallback(() => {
    touched.current = performance.now();
  }, []);
  // Only a person stops the following; a text that grows or shrinks moves the
  // view, too, and means nothing by it.
  const onScroll = useCallback(() => {
    const el = box.current;
    if (!el) return;
    const byHand = performance.now() - touched.current < justNow;
    const up = el.scrollTop < top.current - 4;
    top.current = el.scrollTop;
    if (byHand) setStand((s) => (s === "end" && !up ? s : "free"));
    if (!known.current.closed && !up && el.scrollHeight - el.scrollTop - el.clientHeight < 60) setStand("end");
  }, [box]);
  const follow = useCallback(() => setStand(known.current.closed ? "answer" : "end"), []);
  return { free: stand === "free" || stand === "step", follow, meant, onScroll };
}

/** An address that names a step opens at that step. */
function linked(): boolean {
  return new URLSearchParams(location.search).has("step");
}

function toEnd(el: HTMLElement): void {
  el.scrollTop = el.scrollHeight;
}

export function toAnswer(el: HTMLElement): void {
  const places = el.querySelectorAll(`.${answerPlace}`);
  const last = places[places.length - 1];
  if (last) el.scrollTop += last.getBoundingClientRect().top - el.getBoundingClientRect().top - air;
}

function toStep(el: HTMLElement): void {
  const step = useUi.getState().selection.step ?? "";
  el.querySelector(`[data-step="${CSS.escape(step)}"]`)?.scrollIntoView({ block: "nearest" });
}

const places = { end: toEnd, answer: toAnswer, step: toStep };
