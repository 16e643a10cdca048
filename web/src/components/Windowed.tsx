import { type ReactNode, useEffect, useRef, useState } from "react";

type Seen = (e: IntersectionObserverEntry) => void;

const watched = new WeakMap<Element, Seen>();
// What scrolls is the conversation, not the window; a browser that does not know of that margin sees what is in view.
const around: IntersectionObserverInit & { scrollMargin: string } = {
  rootMargin: "600px 0px",
  scrollMargin: "600px 0px",
};
let observer: IntersectionObserver | undefined;

/** Tells when an element comes near the window or leaves it; one observer looks after all of them. */
function watch(el: Element, seen: Seen): () => void {
  observer ??= new IntersectionObserver((entries) => {
    for (const e of entries) watched.get(e.target)?.(e);
  }, around);
  const by = observer;
  watched.set(el, seen);
  by.observe(el);
  return () => by.unobserve(el);
}

interface Props {
  many: boolean; // whether the run is long; a short one is wholly in the page
  height: number; // pixels, until it is known
  wanted: boolean; // whether what is chosen stands in it
  className: string;
  children: () => ReactNode; // made only when it is near
}

/** In a long run only what is near the window, or chosen, is in the page; the rest keeps its height. */
export function Windowed({ many, height, wanted, className, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(!many);
  const [known, setKnown] = useState(height);
  useEffect(() => {
    const el = box.current;
    if (!many || !el) {
      setNear(true);
      return;
    }
    return watch(el, (e) => {
      if (!e.isIntersecting && e.boundingClientRect.height > 0) setKnown(e.boundingClientRect.height);
      setNear(e.isIntersecting);
    });
  }, [many]);
  const shown = near || wanted;
  return (
    <div ref={box} className={className} style={shown ? undefined : { height: known }}>
      {shown ? children() : null}
    </div>
  );
}
