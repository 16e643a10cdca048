// A status is an icon, a word and a colour: never colour alone.
import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleSlash,
  CircleX,
  LoaderCircle,
  type LucideIcon,
  Wallet,
} from "lucide-react";

export type Tone = "blue" | "green" | "amber" | "red" | "grey";

export interface Look {
  word: string;
  tone: Tone;
  icon: LucideIcon;
}

const looks: Record<string, Look> = {
  queued: { word: "Queued", tone: "grey", icon: CircleDashed },
  running: { word: "Running", tone: "blue", icon: LoaderCircle },
  paused: { word: "Paused", tone: "amber", icon: CirclePause },
  needs_attention: { word: "Needs you", tone: "amber", icon: CircleAlert },
  completed: { word: "Completed", tone: "green", icon: CircleCheck },
  cancelled: { word: "Cancelled", tone: "grey", icon: CircleSlash },
  budget_exhausted: { word: "Budget spent", tone: "amber", icon: Wallet },
  declined: { word: "Declined", tone: "grey", icon: Ban },
  failed: { word: "Failed", tone: "red", icon: CircleX },
  // calls
  planned: { word: "Planned", tone: "grey", icon: CircleDashed },
  ok: { word: "Done", tone: "green", icon: CircleCheck },
  tool_error: { word: "Refused", tone: "amber", icon: CircleAlert },
};

export function lookOf(status: string): Look {
  return looks[status] ?? { word: status, tone: "grey", icon: CircleDashed };
}
