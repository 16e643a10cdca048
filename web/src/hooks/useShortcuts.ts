import { useEffect } from "react";
import { useNavigate } from "react-router";
import { useUi } from "../ui/state";

export const shortcuts = [
  { keys: "Ctrl K", does: "go to a session, a panel, an action" },
  { keys: "?", does: "this list" },
  { keys: "n", does: "new session" },
  { keys: "/", does: "to the question" },
  { keys: "j / k", does: "next / previous step" },
  { keys: "m", does: "memory" },
  { keys: "t", does: "timeline" },
  { keys: "r", does: "replay from the beginning, or end it" },
  { keys: "1 – 5", does: "candidates, hull, plots, checks, structures" },
  { keys: "Esc", does: "close what is open" },
];

/** Keys of the whole page. They rest while somebody types, and can be switched off. */
export function useShortcuts(steps: readonly string[]): void {
  const go = useNavigate();
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const u = useUi.getState();
      if (e.key.toLowerCase() === "k" && (e.ctrlKey || e.metaKey)) {
        e.preventDefault();
        u.setDialog(u.dialog === "palette" ? "" : "palette");
        return;
      }
      if (!u.shortcuts || e.ctrlKey || e.metaKey || e.altKey || u.dialog !== "" || isTyping(e.target)) return;
      if (single(e.key, steps, go)) e.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [go, steps]);
}

function isTyping(t: EventTarget | null): boolean {
  return (
    t instanceof HTMLElement &&
    (t.isContentEditable ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName) ||
      t.closest(".crystal,[role=menu],dialog") !== null)
  );
}

const panels = ["candidates", "hull", "plots", "checks", "structures"] as const;

function single(key: string, steps: readonly string[], go: (to: string) => unknown): boolean {
  const u = useUi.getState();
  const panel = panels[Number(key) - 1];
  if (panel) {
    u.setResultTab(panel);
    return true;
  }
  switch (key) {
    case "?":
      u.setDialog("shortcuts");
      return true;
    case "n":
      go("/");
      return true;
    case "/":
      document.querySelector<HTMLElement>(".composer textarea")?.focus();
      return true;
    case "m":
      u.setMemory(!u.memory);
      return true;
    case "t":
      u.setTimeline(!u.timeline);
      return true;
    case "r":
      if (u.replayAt === undefined) u.startReplay();
      else u.setReplay(undefined);
      return true;
    case "j":
    case "k":
      return move(steps, key === "j" ? 1 : -1);
    default:
      return false;
  }
}

function move(steps: readonly string[], by: number): boolean {
  const u = useUi.getState();
  const i = steps.indexOf(u.selection.step ?? "");
  const next = steps[i < 0 ? (by > 0 ? 0 : steps.length - 1) : i + by];
  if (!next) return false;
  u.select({ step: next });
  return true;
}
