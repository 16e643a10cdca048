// Frames of the subprotocol crystalyse.v1 (docs/wire.md). Each is checked at the
// edge: what is not understood is dropped, never half applied. An event that is
// not understood keeps its place: asking for it again would bring it again.
import type { Event } from "../event/events.gen";
import { parseId } from "../event/id";

export interface Position {
  e: string;
  q: number;
}

export type Frame =
  | { t: "joined"; e: string; q: number; top: number; mode: "tail" | "snapshot" }
  | { t: "snap"; e: string; q: number; d: Event[]; more: boolean }
  | { t: "ev"; q: number; d?: Event }
  | { t: "reset"; reason: string }
  | { t: "lag"; q: number; behind: number }
  | { t: "hb"; top: number }
  | { t: "refused"; message: string };

/** The frames of one text message: a frame, or an array of them. */
export function decode(text: string): Frame[] {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return [];
  }
  const list = Array.isArray(raw) ? raw : [raw];
  return list.flatMap((x) => {
    const f = frame(x);
    return f ? [f] : [];
  });
}

type Fields = Record<string, unknown>;

function frame(x: unknown): Frame | undefined {
  if (typeof x !== "object" || x === null) return undefined;
  const f = x as Fields;
  const q = num(f.q);
  switch (f.t) {
    case "joined":
      return { t: "joined", e: str(f.e), q, top: num(f.top), mode: f.mode === "snapshot" ? "snapshot" : "tail" };
    case "snap":
      return { t: "snap", e: str(f.e), q, d: Array.isArray(f.d) ? f.d.filter(isEvent) : [], more: f.more === true };
    case "ev":
      return isEvent(f.d) ? { t: "ev", q, d: f.d } : { t: "ev", q };
    case "reset":
      return { t: "reset", reason: str(f.reason) };
    case "lag":
      return { t: "lag", q, behind: num(f.behind) };
    case "hb":
      return { t: "hb", top: num(f.top) };
    default:
      // A bare error event answers a message of ours that was refused.
      return f.type === "error" ? { t: "refused", message: str((f.data as Fields | undefined)?.message) } : undefined;
  }
}

export function isEvent(x: unknown): x is Event {
  if (typeof x !== "object" || x === null) return false;
  const e = x as Fields;
  const m = e.metadata as Fields | null | undefined;
  return (
    typeof e.id === "string" &&
    parseId(e.id) !== undefined &&
    typeof e.type === "string" &&
    typeof e.timestamp === "number" &&
    typeof e.data === "object" &&
    e.data !== null &&
    typeof m === "object" &&
    m !== null &&
    typeof m.session_id === "string"
  );
}

function num(x: unknown): number {
  return typeof x === "number" && Number.isFinite(x) ? x : 0;
}

function str(x: unknown): string {
  return typeof x === "string" ? x : "";
}
