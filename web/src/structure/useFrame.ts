import { useEffect, useRef, useState } from "react";
import type { StructurePanelProps } from "./types";

const SETTLED = 200; // ms

/** The frame, here at once and outside when it has settled: a path that plays is not written into the address. */
export function useFrame(
  id: string,
  { frame, onFrame }: StructurePanelProps,
): [number | undefined, (f: number) => void] {
  const [own, setOwn] = useState<{ id: string; frame: number | undefined }>({ id, frame });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setOwn({ id, frame }), [id, frame]);
  // A frame of another structure is not written any more.
  useEffect(() => () => clearTimeout(timer.current), [id]);
  const go = (f: number) => {
    setOwn({ id, frame: f });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onFrame?.(f), SETTLED);
  };
  return [own.id === id ? own.frame : frame, go];
}
