// Labels of a scene, and pictures that leave the page: PNG files and thumbnails.

import { View } from "./camera";
import type { Vec3 } from "./cell";
import { parseHex } from "./colors";
import { type Crystal, symbolOf } from "./crystal";
import type { Measurement } from "./measure";
import { DEFAULTS, FIT, MAX_LABELS, type ViewerOptions } from "./options";
import { axisLabel, beside, inside, type Label, type OverlayContent, type Path, paintOverlay } from "./overlay";
import { Pane } from "./pane";
import { Stage } from "./stage";

interface Labeled {
  panes: readonly Pane[];
  view: View;
  stage: Stage;
  width: number;
  height: number;
  options: ViewerOptions;
  measurement: Measurement | null;
  measuredPane: number;
}

const GIZMO = 46; // from the corner

/** Everything in two dimensions, at places in CSS pixels. */
export function sceneLabels(s: Labeled): OverlayContent {
  const { theme } = s.options;
  const labels: Label[] = [];
  const paths: Path[] = [];
  const gizmos: OverlayContent["gizmos"] = [];
  const w = s.width / Math.max(1, s.panes.length);
  s.panes.forEach((pane, k) => {
    const place = (p: Vec3) => {
      const v = s.stage.project(p, pane, s.view, w, s.height);
      return { x: v.x + k * w, y: v.y };
    };
    const gizmo = { x: k * w + GIZMO, y: s.height - GIZMO, lattice: pane.lattice };
    if (s.options.gizmo) gizmos.push(gizmo);
    if (s.options.cell) {
      for (const axis of [0, 1, 2] as const) {
        const end = inside({ x: k * w, width: w, height: s.height }, place(axisLabel(pane.lattice, axis, pane.radius)));
        labels.push({
          ...(s.options.gizmo ? beside(gizmo, end) : end),
          text: "abc".charAt(axis),
          color: theme.ink,
          bold: true,
        });
      }
    }
    if (s.options.labels && pane.display.count <= MAX_LABELS) {
      for (let i = 0; i < pane.display.real; i++) {
        const { atom } = pane.ref(i);
        labels.push({ ...place(pane.point(i)), text: `${symbolOf(pane.crystal, atom)}${atom + 1}`, color: theme.ink });
      }
    }
    if (s.measurement && s.measuredPane === k) {
      const points = s.measurement.points.map((p) => place(p)).map((p): [number, number] => [p.x, p.y]);
      paths.push({ points, text: formatMeasure(s.measurement) });
    }
  });
  return {
    labels,
    paths,
    gizmos,
    rotation: s.view.rotation,
    ink: theme.ink,
    background: theme.background,
    accent: theme.accent,
  };
}

export function formatMeasure(m: Measurement): string {
  const value = m.unit === "Å" ? m.value.toFixed(3) : m.value.toFixed(1);
  return `${value.replace("-", "−")}${m.unit === "Å" ? "\u202fÅ" : "°"}`;
}

export interface PictureOptions {
  /** 1 to 4 times the size on the page. */
  scale: number;
  transparent: boolean;
  /** Axes, labels and measurements too. */
  labels: boolean;
  width?: number;
  height?: number;
}

export async function exportPicture(
  stage: Stage,
  panes: readonly Pane[],
  view: View,
  options: ViewerOptions,
  o: PictureOptions & { width: number; height: number },
  overlay: OverlayContent,
): Promise<Blob> {
  const canvas = stage.render({
    panes,
    view,
    width: Math.round(o.width * o.scale),
    height: Math.round(o.height * o.scale),
    scale: o.scale,
    depth: true,
    background: options.theme.background,
    accent: options.theme.accent,
    transparent: o.transparent,
  });
  const ctx = canvas.getContext("2d");
  if (ctx && o.labels) {
    ctx.setTransform(o.scale, 0, 0, o.scale, 0, 0);
    paintOverlay(ctx, overlay);
  }
  return toPng(canvas);
}

function toPng(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((b) => (b ? resolve(b) : reject(new Error("the browser could not write the picture"))), "image/png"),
  );
}

/** A small picture of a crystal, by the page's one context; null without WebGL. */
export async function thumbnail(
  crystal: Crystal,
  width: number,
  height: number,
  options: Partial<ViewerOptions> = {},
): Promise<Blob | null> {
  const stage = Stage.get();
  if (!stage || stage.lost) return null;
  const o: ViewerOptions = { ...DEFAULTS, ...options };
  const pane = new Pane(crystal, o, 0, stage.materials, {
    line: parseHex(o.theme.line),
    background: parseHex(o.theme.background),
  });
  try {
    const view = new View();
    view.reset(pane.lattice);
    view.radius = FIT * pane.radius;
    view.projection = o.projection;
    const overlay = sceneLabels({
      panes: [pane],
      view,
      stage,
      width,
      height,
      options: o,
      measurement: null,
      measuredPane: 0,
    });
    return await exportPicture(
      stage,
      [pane],
      view,
      o,
      { scale: 1, transparent: false, labels: o.gizmo, width, height },
      overlay,
    );
  } finally {
    pane.dispose();
  }
}
