// The selection in the address: a link opens the same step, structure and frame.
import { useEffect } from "react";
import { useLocation } from "react-router";
import { type Selection, useUi } from "../ui/state";

const keys = { d: "discovery", step: "step", st: "structure", v: "value", mem: "memory" } as const;

export function readLink(search: string): Selection {
  const q = new URLSearchParams(search);
  const s: Selection = {};
  for (const [short, long] of Object.entries(keys)) {
    const v = q.get(short);
    if (v) s[long] = v;
  }
  const frame = Number(q.get("frame") ?? Number.NaN);
  if (Number.isInteger(frame) && frame >= 0) s.frame = frame;
  return s;
}

export function writeLink(s: Selection, at: number | undefined): string {
  const q = new URLSearchParams();
  for (const [short, long] of Object.entries(keys)) {
    const v = s[long];
    if (v) q.set(short, v);
  }
  if (s.frame !== undefined) q.set("frame", String(s.frame));
  if (at !== undefined) q.set("at", String(at));
  const text = q.toString();
  return text ? `?${text}` : "";
}

/** Reads the address once for each session, then writes it as the selection moves; browsers limit how often. */
export function useDeepLink(session: string): void {
  const { search } = useLocation();
  // Read when the session opens, not when we write it ourselves
  useEffect(() => {
    const at = new URLSearchParams(search).get("at");
    const k = at === null ? Number.NaN : Number(at);
    useUi.setState({ selection: readLink(search), replayAt: Number.isInteger(k) && k >= 0 ? k : undefined });
  }, [session]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = useUi.subscribe((u, old) => {
      if (u.selection === old.selection && u.replayAt === old.replayAt) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        const next = location.pathname + writeLink(useUi.getState().selection, useUi.getState().replayAt);
        history.replaceState(history.state, "", next);
      }, 200);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}
