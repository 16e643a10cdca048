// What a person chose: what is selected, which panels are open. The URL holds
// the selection (hooks/useDeepLink), so that any moment can be sent to somebody.
import { create } from "zustand";

export interface Selection {
  discovery?: string;
  step?: string;
  structure?: string;
  frame?: number;
  value?: string; // value key
  memory?: string;
}

export type Theme = "system" | "light" | "dark";
export type Cell = "conventional" | "stored";
export type ResultTab = "candidates" | "hull" | "plots" | "checks" | "structures";
export type PhoneTab = "talk" | "crystal" | "results" | "timeline" | "memory";

interface Ui {
  selection: Selection;
  select(s: Selection): void;
  replayAt: number | undefined; // undefined: all events
  playing: boolean; // whether the replay goes on by itself
  /** Goes to event k and stands still there, or ends the replay. */
  setReplay(k: number | undefined): void;
  /** Plays from the beginning. */
  startReplay(): void;
  /** While it plays: to event k, or to the end of playing. */
  playOn(k: number, on?: boolean): void;
  theme: Theme;
  setTheme(t: Theme): void;
  shortcuts: boolean;
  setShortcuts(on: boolean): void;
  cell: Cell; // in which crystals are drawn
  setCell(c: Cell): void;
  resultTab: ResultTab;
  setResultTab(t: ResultTab): void;
  phoneTab: PhoneTab;
  setPhoneTab(t: PhoneTab): void;
  rail: boolean;
  setRail(open: boolean): void;
  memory: boolean;
  setMemory(open: boolean): void;
  timeline: boolean;
  setTimeline(open: boolean): void;
  notify: boolean; // a notice of the system when a run ends
  setNotify(on: boolean): void;
  draft: string; // for the composer to take over
  setDraft(text: string): void;
  dialog: "" | "palette" | "shortcuts" | "open" | "model";
  setDialog(d: Ui["dialog"]): void;
  split: Record<string, number>; // shares of panes, in percent
  setSplit(name: string, percent: number): void;
}

export const useUi = create<Ui>((set) => ({
  selection: {},
  select: (s) => set((u) => ({ selection: merged(u.selection, s) })),
  replayAt: undefined,
  playing: false,
  setReplay: (replayAt) => set({ replayAt, playing: false }),
  startReplay: () => set({ replayAt: 0, playing: true }),
  playOn: (replayAt, playing = true) => set({ replayAt, playing }),
  theme: read("theme", "system", (t): t is Theme => t === "system" || t === "light" || t === "dark"),
  setTheme: (theme) => {
    keep("theme", theme);
    applyTheme(theme);
    set({ theme });
  },
  shortcuts: read("shortcuts", "on", (t): t is "on" | "off" => t === "on" || t === "off") === "on",
  setShortcuts: (on) => {
    keep("shortcuts", on ? "on" : "off");
    set({ shortcuts: on });
  },
  cell: read("cell", "conventional", (t): t is Cell => t === "conventional" || t === "stored"),
  setCell: (cell) => {
    keep("cell", cell);
    set({ cell });
  },
  resultTab: "candidates",
  setResultTab: (resultTab) => set({ resultTab }),
  phoneTab: "talk",
  setPhoneTab: (phoneTab) => set({ phoneTab }),
  rail: false,
  setRail: (rail) => set({ rail }),
  memory: false,
  setMemory: (memory) => set({ memory }),
  timeline: read("timeline", "open", (t): t is "open" | "shut" => t === "open" || t === "shut") === "open",
  setTimeline: (open) => {
    keep("timeline", open ? "open" : "shut");
    set({ timeline: open });
  },
  notify: read("notify", "off", (t): t is "on" | "off" => t === "on" || t === "off") === "on",
  setNotify: (notify) => {
    keep("notify", notify ? "on" : "off");
    set({ notify });
  },
  draft: "",
  setDraft: (draft) => set({ draft, phoneTab: "talk" }),
  dialog: "",
  setDialog: (dialog) => set({ dialog }),
  split: splits(),
  setSplit: (name, percent) =>
    set((u) => {
      const split = { ...u.split, [name]: percent };
      keep("split", JSON.stringify(split));
      return { split };
    }),
}));

/** A new discovery or structure takes back what belonged to the old one. */
function merged(old: Selection, s: Selection): Selection {
  const base = s.discovery && s.discovery !== old.discovery ? {} : { ...old };
  if (s.structure && s.structure !== old.structure) delete base.frame;
  if (s.step && s.step !== old.step) delete base.value;
  return { ...base, ...s };
}

export function applyTheme(t: Theme): void {
  if (t === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = t;
}

function read<T extends string>(key: string, fallback: T, ok: (t: string) => t is T): T {
  try {
    const v = localStorage.getItem(`crystalyse.${key}`);
    return v !== null && ok(v) ? v : fallback;
  } catch {
    return fallback;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`crystalyse.${key}`, value);
  } catch {
    // Without storage a choice lasts as long as the page.
  }
}

function splits(): Record<string, number> {
  try {
    const raw: unknown = JSON.parse(localStorage.getItem("crystalyse.split") ?? "{}");
    if (typeof raw !== "object" || raw === null) return {};
    return Object.fromEntries(Object.entries(raw).filter(([, v]) => typeof v === "number")) as Record<string, number>;
  } catch {
    return {};
  }
}
