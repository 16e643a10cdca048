import { useSyncExternalStore } from "react";

export type Width = "phone" | "medium" | "wide";

const phone = "(max-width: 719px)";
const medium = "(max-width: 1179px)";

function subscribe(f: () => void): () => void {
  const lists = [matchMedia(phone), matchMedia(medium)];
  for (const m of lists) m.addEventListener("change", f);
  return () => {
    for (const m of lists) m.removeEventListener("change", f);
  };
}

function now(): Width {
  return matchMedia(phone).matches ? "phone" : matchMedia(medium).matches ? "medium" : "wide";
}

export function useWidth(): Width {
  return useSyncExternalStore(subscribe, now);
}
