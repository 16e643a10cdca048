// Names beside the marks of a hull, where they cover neither each other nor a mark.
import { type HullPoint, shares } from "../run/candidates";

export interface Spot {
  p: HullPoint;
  x: number;
  y: number;
}

export interface Label {
  id: string;
  formula: string;
  x: number;
  y: number;
  anchor: "" | "mid" | "end";
}

interface Box {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
}

const letter = 7.2; // of the 12 pixel mono type
const line = 13;

/** Candidates and what is on the hull first: they are what is looked for. */
export function labelsOf(spots: readonly Spot[], right: number, bottom: number): Label[] {
  const taken: Box[] = spots.map((s) => ({ x0: s.x - 6, x1: s.x + 6, y0: s.y - 6, y1: s.y + 6 }));
  const out: Label[] = [];
  const named = new Set<string>();
  const compounds = spots.filter((s) => shares(s.p.formula).size > 1);
  for (const s of [...compounds].sort((a, b) => weight(b.p) - weight(a.p))) {
    const here = `${s.p.formula} ${Math.round(s.x)} ${Math.round(s.y / 8)}`;
    if (named.has(here)) continue;
    const w = letter * s.p.formula.length;
    const places: [number, number, Label["anchor"]][] = [
      [s.x, s.y + 18, "mid"],
      [s.x, s.y - 10, "mid"],
      [s.x + 9, s.y + 4, ""],
      [s.x - 9, s.y + 4, "end"],
    ];
    for (const [x, y, anchor] of s.p.onHull ? places : [places[1], places[2], places[3], places[0]].filter(given)) {
      const x0 = anchor === "mid" ? x - w / 2 : anchor === "end" ? x - w : x;
      const box = { x0, x1: x0 + w, y0: y - line + 3, y1: y + 3 };
      if (box.x0 < 0 || box.x1 > right || box.y0 < 0 || box.y1 > bottom || taken.some((t) => meet(t, box))) continue;
      taken.push(box);
      named.add(here);
      out.push({ id: s.p.structureId, formula: s.p.formula, x, y, anchor });
      break;
    }
  }
  return out;
}

function given<T>(x: T | undefined): x is T {
  return x !== undefined;
}

function weight(p: HullPoint): number {
  return (p.candidate ? 2 : 0) + (p.onHull ? 1 : 0);
}

function meet(a: Box, b: Box): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}
