// A notice of the system when a run ends or needs somebody, for those who asked
// for it and look elsewhere. What is not long is not told.
import { useEffect, useRef } from "react";
import { useRecent } from "../api/queries";
import type { DiscoveryRecord } from "../api/types";
import { lookOf } from "../lib/status";
import { isClosed } from "../run/view";
import { useUi } from "../ui/state";

const longRun = 20_000; // ms

/** Whether the browser can tell; asks its user when first switched on. */
export async function askToNotify(): Promise<boolean> {
  if (!("Notification" in window)) return false;
  if (Notification.permission === "default") await Notification.requestPermission();
  return Notification.permission === "granted";
}

/** Runs that have ended, or wait for somebody, since they were seen last. */
export function turned(before: ReadonlyMap<string, string>, now: readonly DiscoveryRecord[]): DiscoveryRecord[] {
  return now.filter((d) => {
    const was = before.get(d.id);
    return (
      was !== undefined && was !== d.status && !isClosed(was) && (isClosed(d.status) || d.status === "needs_attention")
    );
  });
}

export function useNotices(open: (session: string) => void): void {
  const on = useUi((u) => u.notify);
  const recent = useRecent(on);
  const known = useRef<Map<string, string>>(new Map());
  useEffect(() => {
    const list = recent.data?.discoveries;
    if (!list) return;
    const news = turned(known.current, list);
    known.current = new Map(list.map((d) => [d.id, d.status]));
    if (!on || !document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    for (const d of news) {
      if (Date.now() - Date.parse(d.created_at) < longRun) continue;
      const n = new Notification(lookOf(d.status).word, { body: d.query, tag: d.id });
      n.onclick = () => {
        window.focus();
        open(d.session_id);
      };
    }
  }, [recent.data, on, open]);
}
