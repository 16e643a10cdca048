// What is drawn over the picture in two dimensions: axes, cell and atom labels,
// measurements. The same code paints the screen and the exported image.
import type { Quaternion } from "three";
import { Vector3 } from "three";
import { at, type Vec3 } from "./cell";

export interface Label {
  x: number;
  y: number;
  text: string;
  color: string;
  bold?: boolean;
}

export interface Path {
  points: [number, number][];
  text: string;
}

export interface OverlayContent {
  labels: Label[];
  paths: Path[];
  /** One gizmo a pane: where, and the lattice it shows. */
  gizmos: { x: number; y: number; lattice: ArrayLike<number> }[];
  rotation: Quaternion;
  ink: string;
  background: string;
  accent: string;
}

const FONT = '"Inter Variable", system-ui, sans-serif';
const AXES = ["#d1495b", "#3a9d5d", "#3f7ad1"];
const ARM = 26;
const REACH = ARM + 26; // its letters, and room for another one

/** Paints in CSS pixels; the caller has scaled the context. */
export function paintOverlay(ctx: CanvasRenderingContext2D, c: OverlayContent): void {
  ctx.lineJoin = "round";
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const g of c.gizmos) gizmo(ctx, c, g);
  for (const p of c.paths) path(ctx, c, p);
  for (const l of c.labels) text(ctx, l.text, l.x, l.y, l.color, c.background, l.bold ? 600 : 500);
}

function text(
  ctx: CanvasRenderingContext2D,
  s: string,
  x: number,
  y: number,
  color: string,
  halo: string,
  weight: number,
  size = 12,
): void {
  ctx.font = `${weight} ${size}px ${FONT}`;
  ctx.strokeStyle = halo;
  ctx.lineWidth = 3;
  ctx.strokeText(s, x, y);
  ctx.fillStyle = color;
  ctx.fillText(s, x, y);
}

function gizmo(
  ctx: CanvasRenderingContext2D,
  c: OverlayContent,
  g: { x: number; y: number; lattice: ArrayLike<number> },
): void {
  const axes = [0, 1, 2].map((k) => {
    const v = new Vector3(at(g.lattice, 3 * k), at(g.lattice, 3 * k + 1), at(g.lattice, 3 * k + 2)).normalize();
    return { name: "abc".charAt(k), color: AXES[k] as string, v: v.applyQuaternion(c.rotation) };
  });
  axes.sort((p, q) => p.v.z - q.v.z); // the ones in front last
  for (const { name, color, v } of axes) {
    const [x, y] = [g.x + ARM * v.x, g.y - ARM * v.y];
    ctx.strokeStyle = color;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(g.x, g.y);
    ctx.lineTo(x, y);
    ctx.stroke();
    const length = Math.hypot(v.x, v.y);
    if (length > 0.2) arrow(ctx, x, y, Math.atan2(-v.y, v.x), color);
    const beyond = length > 0.2 ? 12 / length : 0;
    text(ctx, name, x + beyond * v.x, y - beyond * v.y - (beyond === 0 ? 11 : 0), color, c.background, 600);
  }
}

function arrow(ctx: CanvasRenderingContext2D, x: number, y: number, angle: number, color: string): void {
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.moveTo(x + 3 * Math.cos(angle), y + 3 * Math.sin(angle));
  for (const turn of [2.5, -2.5]) ctx.lineTo(x + 5 * Math.cos(angle + turn), y + 5 * Math.sin(angle + turn));
  ctx.fill();
}

function path(ctx: CanvasRenderingContext2D, c: OverlayContent, p: Path): void {
  const first = p.points[0];
  if (!first) return;
  ctx.setLineDash([4, 3]);
  ctx.strokeStyle = c.accent;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(...first);
  for (const q of p.points.slice(1)) ctx.lineTo(...q);
  ctx.stroke();
  ctx.setLineDash([]);
  const n = p.points.length;
  const [a, b] = [p.points[Math.floor((n - 1) / 2)], p.points[Math.ceil((n - 1) / 2)]] as [
    [number, number],
    [number, number],
  ];
  text(ctx, p.text, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - 10, c.accent, c.background, 600, 13);
}

/** Where a label goes that the gizmo would cover: beside it, up or to the right, where the pane is. */
export function beside(gizmo: { x: number; y: number }, p: { x: number; y: number }): { x: number; y: number } {
  const [right, up] = [p.x - gizmo.x, gizmo.y - p.y];
  if (Math.hypot(right, up) >= REACH) return p;
  const angle = Math.min(Math.PI / 2, Math.max(0, Math.atan2(up, right)));
  return { x: gizmo.x + REACH * Math.cos(angle), y: gizmo.y - REACH * Math.sin(angle) };
}

const HALF = 10; // of a label, CSS pixels
const NEAR = 24;

/** A label that the edge of its pane would cut is drawn just inside; one farther off is out of view with what it names. */
export function inside(
  pane: { x: number; width: number; height: number },
  p: { x: number; y: number },
): { x: number; y: number } {
  const x = Math.min(pane.x + pane.width - HALF, Math.max(pane.x + HALF, p.x));
  const y = Math.min(pane.height - HALF, Math.max(HALF, p.y));
  return Math.hypot(x - p.x, y - p.y) <= NEAR ? { x, y } : p;
}

/** Where a label of a cell axis goes: a little beyond its end. */
export function axisLabel(lattice: ArrayLike<number>, k: 0 | 1 | 2, size: number): Vec3 {
  const length = Math.hypot(at(lattice, 3 * k), at(lattice, 3 * k + 1), at(lattice, 3 * k + 2)) || 1;
  const f = 1 + (0.8 + 0.05 * size) / length;
  return [f * at(lattice, 3 * k), f * at(lattice, 3 * k + 1), f * at(lattice, 3 * k + 2)];
}
