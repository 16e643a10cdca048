import { useState } from "react";
import type { AtomRef, Crystal, Measurement } from "../viewer";

interface Held {
  id: string; // of the crystal whose atoms they are
  atoms: readonly AtomRef[];
  measurement: Measurement | null;
}

const none: Held = { id: "", atoms: [], measurement: null };

export type Selection = ReturnType<typeof useSelection>;

/** The chosen atoms of a crystal and what is measured between them; another crystal begins without. */
export function useSelection(crystal: Crystal) {
  const [held, setHeld] = useState(none);
  const { id, n } = crystal;
  const { atoms, measurement } = held.id === id ? held : none;
  const choose = (next: readonly AtomRef[]) => setHeld({ id, atoms: next, measurement: null });
  return {
    atoms,
    measurement,
    choose,
    /** The atom after the last chosen one, or before it. */
    step: (to: "next" | "previous") => {
      const from = atoms.at(-1)?.atom ?? (to === "next" ? -1 : 0);
      choose([{ atom: (from + (to === "next" ? 1 : n - 1)) % n, image: [0, 0, 0] }]);
    },
    /** What the picture says of it: the same atoms stay the same list, or they would be told back. */
    told: (now: readonly AtomRef[], m: Measurement | null) =>
      setHeld((s) =>
        s.id === id && sameAtoms(s.atoms, now) ? { ...s, measurement: m } : { id, atoms: now, measurement: m },
      ),
  };
}

function sameAtoms(a: readonly AtomRef[], b: readonly AtomRef[]): boolean {
  return a.length === b.length && a.every((x, k) => x.atom === b[k]?.atom && x.image.join() === b[k]?.image.join());
}
