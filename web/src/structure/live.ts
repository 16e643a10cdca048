// The atoms of a relaxation that runs, drawn over the structure it began with.
import { useMemo } from "react";
import { type Crystal, decodeCompact, fromCompact, sameAtoms } from "../viewer";
import type { LiveFrame } from "./types";

/** The frame's atoms, or null when they are not those of the crystal or cannot be read. */
export function liveShape(crystal: Crystal, live: LiveFrame | undefined): Crystal | null {
  if (!live?.compact || live.structure_id !== crystal.id) return null;
  try {
    const bytes = Uint8Array.from(atob(live.compact), (c) => c.charCodeAt(0));
    const now = fromCompact(crystal.id, decodeCompact(bytes));
    return sameAtoms(crystal, now) ? now : null;
  } catch {
    return null; // the next frame, or the result, is shown instead
  }
}

export function useLiveShape(crystal: Crystal, live: LiveFrame | undefined): Crystal | null {
  return useMemo(() => liveShape(crystal, live), [crystal, live]);
}
