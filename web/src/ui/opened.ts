import { create } from "zustand";
import type { Run } from "../run/bundle";

/** The run that was opened from a file; it lives as long as the page. */
export const useOpened = create<{ run: Run | undefined; open: (run: Run) => void }>((set) => ({
  run: undefined,
  open: (run) => set({ run }),
}));
