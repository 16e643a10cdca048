import { type ReactNode, useEffect, useRef, useState } from "react";

type Seen = (e: IntersectionObserverEntry) => void;

const watched = new WeakMap<Element, Seen>();
let observer: IntersectionObserver | undefined;

/** Tells when an element comes near the window or leaves it; one observer looks after all of them. */
function watch(el: Element, seen: Seen): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const e of entries) watched.get(e.target)?.(e);
    },
    { rootMargin: "600px 0px" },
  );
  const by = observer;
  watched.set(el, seen);
  by.observe(el);
  return () => by.unobserve(el);
}

/** In a long run only what is near the window is in the page; the rest keeps its height. */
export function Windowed({ children, many, step }: { children: ReactNode; many: boolean; step: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(!many);
  const [height, setHeight] = useState(120);
  useEffect(() => {
    const el = box.current;
    if (!many || !el) {
      setNear(true);
      return;
    }
    return watch(el, (e) => {
      if (!e.isIntersecting && e.boundingClientRect.height > 0) setHeight(e.boundingClientRect.height);
      setNear(e.isIntersecting);
    });
  }, [many]);
  return (
    <div ref={box} className="turn" data-turn={step} style={near ? undefined : { height }}>
      {near ? children : null}
    </div>
  );
}
