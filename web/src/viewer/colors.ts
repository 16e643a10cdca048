// Atom colors as bytes: by element (VESTA, Jmol, or a palette that people with
// any color vision can tell apart), or by a number each atom has.
import { at } from "./cell";
import { type Crystal, type Neighbors, neighborsOf } from "./crystal";
import { element } from "./elements";

export type ColorScheme = "vesta" | "jmol" | "safe" | "coordination" | "property";
export type Rgb = [number, number, number];

export function parseHex(hex: string): Rgb {
  const v = Number.parseInt(hex.slice(1), 16);
  return [(v >> 16) & 255, (v >> 8) & 255, v & 255];
}

export const toHex = (c: Rgb): string => `#${c.map((x) => Math.round(x).toString(16).padStart(2, "0")).join("")}`;

// Okabe and Ito (2008), then darker ones of the same hues; the legend's symbols
// and the table carry the meaning too.
const SAFE = [
  "#e69f00",
  "#56b4e9",
  "#009e73",
  "#f0e442",
  "#0072b2",
  "#d55e00",
  "#cc79a7",
  "#8a8a8a",
  "#8c6000",
  "#2a6f97",
  "#00583f",
  "#9c9500",
  "#003f63",
  "#7f3800",
  "#7a3a60",
  "#454545",
];

/** The color of each symbol of the crystal, in the order of crystal.symbols. */
export function elementColors(c: Crystal, scheme: ColorScheme): Rgb[] {
  // By atomic number, so that a structure and its supercell agree.
  const order = [...c.symbols].sort((a, b) => element(a).z - element(b).z);
  return c.symbols.map((s) => {
    if (scheme === "jmol") return parseHex(element(s).jmol);
    if (scheme === "safe") return parseHex(SAFE[order.indexOf(s) % SAFE.length] as string);
    return parseHex(element(s).vesta);
  });
}

// Viridis at nine even steps: even in lightness, so it reads in grey as well.
const RAMP = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"].map(
  parseHex,
);

/** A color between the ends of the ramp for x in 0..1. */
export function ramp(x: number): Rgb {
  const u = Math.max(0, Math.min(1, Number.isFinite(x) ? x : 0)) * (RAMP.length - 1);
  const k = Math.min(RAMP.length - 2, Math.floor(u));
  const [p, q] = [RAMP[k] as Rgb, RAMP[k + 1] as Rgb];
  return [0, 1, 2].map((i) => at(p, i) + (u - k) * (at(q, i) - at(p, i))) as Rgb;
}

export interface Scale {
  low: number;
  high: number;
}

export interface AtomColors {
  /** Three bytes an atom of the cell. */
  bytes: Uint8Array;
  /** What the ends of the ramp stand for; null when colored by element. */
  scale: Scale | null;
}

export function atomColors(c: Crystal, scheme: ColorScheme, property: ArrayLike<number> | null): AtomColors {
  const bytes = new Uint8Array(3 * c.n);
  const values = scheme === "coordination" ? coordination(c, neighborsOf(c)) : scheme === "property" ? property : null;
  if (!values || values.length !== c.n) {
    const colors = elementColors(c, scheme);
    for (let i = 0; i < c.n; i++) bytes.set(colors[at(c.kinds, i)] as Rgb, 3 * i);
    return { bytes, scale: null };
  }
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < c.n; i++) {
    low = Math.min(low, at(values, i));
    high = Math.max(high, at(values, i));
  }
  for (let i = 0; i < c.n; i++) bytes.set(ramp(high > low ? (at(values, i) - low) / (high - low) : 0.5), 3 * i);
  return { bytes, scale: { low, high } };
}

/** Bonds of each atom. */
export function coordination(c: Crystal, near: Neighbors): Int32Array {
  return Int32Array.from({ length: c.n }, (_, i) => at(near.offset, i + 1) - at(near.offset, i));
}
