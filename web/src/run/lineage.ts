// Where a structure comes from: what it was before it was relaxed, and which
// others relaxed into it.
import { once } from "../lib/once";
import type { Discovery } from "./view";

export interface Lineage {
  /** The name of a structure, or of what it was made from. */
  label(id: string): string;
  /** What a relaxed structure of the same discovery stands for now. */
  replaced: ReadonlySet<string>;
  /** Relaxed structures that are the same as a better one. */
  duplicates: ReadonlyMap<string, string>;
}

export const lineageOf = once(lineage, (d) => d.settled);

function lineage(d: Discovery): Lineage {
  const parent = new Map<string, string>();
  const name = new Map<string, string>();
  const duplicates = new Map<string, string>();
  const there = new Set(d.structures.map((s) => s.id));
  for (const s of d.structures) {
    if (s.parentId && s.parentId !== s.id) parent.set(s.id, s.parentId);
    if (s.label) name.set(s.id, s.label);
  }
  for (const c of d.calls)
    for (const m of members(c.result)) {
      const { structure_id: after, input_structure_id: before, label, duplicate_of: twin } = m;
      if (typeof after !== "string" || typeof before !== "string") continue;
      if (after !== before) parent.set(after, before);
      if (typeof label === "string" && label && !name.has(before)) name.set(before, label);
      if (typeof twin === "string" && twin !== after) duplicates.set(after, twin);
    }
  // What became something that is shown, or the double of it, is not shown beside it.
  const replaced = new Set<string>();
  for (const [after, before] of parent) if (there.has(after) || duplicates.has(after)) replaced.add(before);
  const label = (id: string): string => {
    const seen = new Set<string>();
    for (let at: string | undefined = id; at && !seen.has(at); at = parent.get(at)) {
      const found = name.get(at);
      if (found) return found;
      seen.add(at);
    }
    return "";
  };
  return { label, replaced, duplicates };
}

function members(result: Record<string, unknown> | undefined): Record<string, unknown>[] {
  if (!result) return [];
  if (!Array.isArray(result.items)) return [result];
  const items: unknown[] = result.items;
  return [result, ...items.filter((x): x is Record<string, unknown> => typeof x === "object" && x !== null)];
}
