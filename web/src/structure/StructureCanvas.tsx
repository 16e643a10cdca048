import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import {
  type AtomRef,
  type Counts,
  type Crystal,
  type Measurement,
  pressed,
  type Stand,
  Viewer,
  type ViewerOptions,
  type Wish,
} from "../viewer";

export interface CanvasProps {
  crystals: readonly Crystal[];
  options: ViewerOptions;
  /** The picture in words. */
  description: string;
  frame: number;
  /** The same atoms elsewhere: where a running relaxation has them. Null shows the frame. */
  live?: Crystal | null;
  selected: readonly AtomRef[];
  shortcuts: boolean;
  /** Where the picture is seen from, kept while it is not in the page. */
  stand?: RefObject<Stand | null>;
  onReady?: (v: Viewer | null) => void;
  onFrame?: (frame: number) => void;
  onPlaying?: (playing: boolean) => void;
  onSelect?: (atoms: AtomRef[], measurement: Measurement | null) => void;
  onHover?: (atom: AtomRef | null) => void;
  onCounts?: (c: Counts) => void;
  onWish?: (w: Wish) => void;
}

/** The viewer in React's hands: created once, told of every change. */
export function StructureCanvas(p: CanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const now = useRef(p);
  now.current = p;
  const { viewer, lost } = useViewer(host, now);

  const { crystals, options, frame, selected } = p;
  const live = p.live ?? null;
  useEffect(() => viewer?.set(options), [viewer, options]);
  useEffect(() => {
    if (!viewer) return;
    const { frame, stand } = now.current;
    viewer.show(crystals, frame, stand?.current ?? null);
    if (stand) stand.current = null; // from here on the viewer has it
  }, [viewer, crystals]);
  useEffect(() => viewer?.setFrame(frame), [viewer, frame]);
  useEffect(() => viewer?.follow(live), [viewer, crystals, options, live]);
  useEffect(() => viewer?.select(selected), [viewer, selected]);

  const onKeyDown = (e: KeyboardEvent) => {
    if (viewer && p.shortcuts && pressed(viewer, e, (w) => p.onWish?.(w))) {
      e.preventDefault();
      e.stopPropagation();
    }
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the picture is turned by keys; its atoms are in the table beside it
    <div className="st-canvas" role="img" aria-label={p.description} tabIndex={0} onKeyDown={onKeyDown}>
      <div ref={host} className="st-host" aria-hidden="true" />
      {lost ? (
        <p className="st-lost" role="status">
          The graphics system took the picture away. It comes back by itself; the atoms are in the table.
        </p>
      ) : null}
    </div>
  );
}

/** A viewer as long as its host is in the page, which tells what happens in it. */
function useViewer(host: RefObject<HTMLDivElement | null>, now: RefObject<CanvasProps>) {
  const [viewer, setViewer] = useState<Viewer | null>(null);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (!host.current) return;
    const v = Viewer.create(host.current, now.current.options);
    const off = v
      ? [
          v.on("frame", (f) => now.current.onFrame?.(f)),
          v.on("playing", (x) => now.current.onPlaying?.(x)),
          v.on("select", (s) => now.current.onSelect?.(s.atoms, s.measurement)),
          v.on("hover", (a) => now.current.onHover?.(a)),
          v.on("counts", (c) => now.current.onCounts?.(c)),
          v.on("context", (c) => setLost(c.lost)),
        ]
      : [];
    setViewer(v);
    now.current.onReady?.(v);
    return () => {
      for (const f of off) f();
      if (v && now.current.stand) now.current.stand.current = v.stand;
      now.current.onReady?.(null);
      v?.dispose();
    };
  }, [host, now]);
  return { viewer, lost };
}
