import { Download, History } from "lucide-react";
import { useMemo } from "react";
import { useNavigate } from "react-router";
import type { Report } from "../api/types";
import type { MenuItem } from "../components/Menu";
import { download, saveFile } from "../lib/download";
import { exportRun } from "../run/bundle";
import { type Discovery, isClosed } from "../run/view";
import { useUi } from "../ui/state";
import { useRunStore } from "./useRun";

/** What can be taken from a session: a replay, its events, the bundle of what ended. */
export function useExports(session: string, d: Discovery | undefined, stored: Report | undefined): MenuItem[] {
  const store = useRunStore();
  const startReplay = useUi((u) => u.startReplay);
  const go = useNavigate();
  return useMemo(
    () => [
      { label: "Replay from the beginning", icon: <History size={14} />, run: startReplay },
      {
        label: "Download the run",
        hint: "events and reports; opens again in this page",
        icon: <Download size={14} />,
        run: () => {
          void exportRun(session, store.events(), stored).then((text) =>
            saveFile(`crystalyse-${session}.jsonl`, text, "application/x-ndjson"),
          );
        },
      },
      ...(d && isClosed(d.status)
        ? [
            {
              label: "Download the bundle",
              hint: "report, CIF files, plots as CSV, reproduce.py",
              icon: <Download size={14} />,
              run: () => download(`/api/v1/discoveries/${d.id}/bundle`, ""),
            },
          ]
        : []),
      ...(d?.outline.complete ? [] : [{ label: "Start another session", run: () => void go("/") }]),
    ],
    [store, startReplay, session, stored, d, go],
  );
}
