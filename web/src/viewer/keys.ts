// Keys that act on the viewer that has the focus. What is not the camera's or
// the frames' is left to the page as a named wish.
import type { Viewer } from "./viewer";

export type Wish =
  | "projection"
  | "bonds"
  | "polyhedra"
  | "cell"
  | "labels"
  | "images"
  | "next"
  | "previous"
  | "clear"
  | "export"
  | "help";

const TURN = 8; // degrees a press
const WISHES: Record<string, Wish> = {
  o: "projection",
  b: "bonds",
  p: "polyhedra",
  u: "cell",
  l: "labels",
  i: "images",
  n: "next",
  N: "previous",
  Escape: "clear",
  e: "export",
  "?": "help",
};

const MOVES: Record<string, (v: Viewer) => void> = {
  ArrowLeft: (v) => v.camera.rotate("y", -TURN),
  ArrowRight: (v) => v.camera.rotate("y", TURN),
  ArrowUp: (v) => v.camera.rotate("x", -TURN),
  ArrowDown: (v) => v.camera.rotate("x", TURN),
  "Shift+ArrowLeft": (v) => v.camera.panBy(-0.08, 0),
  "Shift+ArrowRight": (v) => v.camera.panBy(0.08, 0),
  "Shift+ArrowUp": (v) => v.camera.panBy(0, 0.08),
  "Shift+ArrowDown": (v) => v.camera.panBy(0, -0.08),
  "+": (v) => v.camera.zoomBy(1.15),
  "=": (v) => v.camera.zoomBy(1.15),
  "-": (v) => v.camera.zoomBy(1 / 1.15),
  "0": (v) => v.camera.reset(),
  "1": (v) => v.camera.lookAlong("a"),
  "2": (v) => v.camera.lookAlong("b"),
  "3": (v) => v.camera.lookAlong("c"),
  "[": (v) => v.setFrame(v.frame - 1),
  "]": (v) => v.setFrame(v.frame + 1),
  " ": (v) => (v.playing ? v.pause() : v.play()),
};

/** The keys, for the list that `?` opens. */
export const KEY_HELP: [string, string][] = [
  ["← → ↑ ↓", "turn"],
  ["Shift + arrows", "move"],
  ["+ −  0", "scale, start again"],
  ["1 2 3", "look along a, b, c"],
  ["[ ]  Space", "frame before, after, play"],
  ["N  Shift+N", "next, previous atom"],
  ["O B P U L I", "projection, bonds, polyhedra, cell, labels, images"],
  ["E  Esc", "export, clear the selection"],
];

export interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Acts, and says so: true when the key was the viewer's. */
export function pressed(v: Viewer, k: Key, wish: (w: Wish) => void): boolean {
  if (k.ctrlKey || k.metaKey || k.altKey) return false;
  const move = MOVES[k.shiftKey && k.key.startsWith("Arrow") ? `Shift+${k.key}` : k.key];
  if (move) {
    move(v);
    return true;
  }
  const w = WISHES[k.key];
  if (w) wish(w);
  return w !== undefined;
}
