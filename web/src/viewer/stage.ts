// The one WebGL context of the page. A viewer borrows its canvas; thumbnails and
// exports are drawn into a target of the same context.
import { Color, LinearSRGBColorSpace, type Vector2, Vector3, WebGLRenderer, WebGLRenderTarget } from "three";
import { Cameras, type View } from "./camera";
import { Materials } from "./gl/materials";
import type { Pane } from "./pane";

export interface Picture {
  panes: readonly Pane[];
  view: View;
  /** Pixels of the whole picture; panes share its width evenly. */
  width: number;
  height: number;
  /** Pixels per CSS pixel, for lines. */
  scale: number;
  /** Exact depth of round surfaces. */
  depth: boolean;
  background: string;
  accent: string;
  transparent: boolean;
}

/** A part of a picture, for exports larger than one target. */
interface Tile {
  x: number;
  y: number;
  width: number;
  height: number;
}

const TILE = 2048;

export class Stage {
  readonly canvas: HTMLCanvasElement;
  readonly materials = new Materials();
  lost = false;
  private readonly renderer: WebGLRenderer;
  private readonly cameras = new Cameras();
  private readonly largestPoint: number;
  private readonly listeners = new Set<(lost: boolean) => void>();
  private size = [0, 0];

  private constructor(canvas: HTMLCanvasElement, context: WebGL2RenderingContext) {
    this.canvas = canvas;
    this.renderer = new WebGLRenderer({ canvas, context, antialias: false, alpha: false });
    const range = context.getParameter(context.ALIASED_POINT_SIZE_RANGE) as Float32Array;
    this.largestPoint = range[1] ?? 1;
    this.renderer.sortObjects = false;
    this.renderer.outputColorSpace = LinearSRGBColorSpace; // colors are given as they are shown
    this.renderer.autoClear = false;
    this.renderer.info.autoReset = false;
    canvas.addEventListener("webglcontextlost", (e) => {
      e.preventDefault(); // ask for it back
      this.lost = true;
      for (const l of this.listeners) l(true);
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.lost = false;
      this.size = [0, 0];
      for (const l of this.listeners) l(false);
    });
  }

  private static instance: Stage | null | undefined;

  /** The stage, or null where WebGL 2 is missing. */
  static get(): Stage | null {
    if (Stage.instance === undefined) {
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("webgl2", {
        antialias: false,
        alpha: false, // composed without blending; transparent exports have their own target
        powerPreference: "high-performance",
      });
      Stage.instance = context ? new Stage(canvas, context) : null;
    }
    return Stage.instance;
  }

  onContext(listener: (lost: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Half the visible height of the last picture, angstrom. */
  get halfHeight(): number {
    return this.cameras.halfHeight;
  }

  /** Draw calls of the last picture, for tests and measurements. */
  get calls(): number {
    return this.renderer.info.render.calls;
  }

  /** What the last picture was made of, counted where it was drawn. */
  get drawn(): { points: number; lines: number; triangles: number } {
    const { points, lines, triangles } = this.renderer.info.render;
    return { points, lines, triangles };
  }

  /** Draws on the canvas. */
  draw(p: Picture): void {
    if (this.lost) return;
    if (this.size[0] !== p.width || this.size[1] !== p.height) {
      this.renderer.setDrawingBufferSize(p.width, p.height, 1);
      this.size = [p.width, p.height];
    }
    this.renderer.setRenderTarget(null);
    this.paint(p, { x: 0, y: 0, width: p.width, height: p.height });
  }

  /** Waits until the picture is finished, for measurements. */
  finish(): void {
    const gl = this.renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  private paint(p: Picture, tile: Tile): void {
    const r = this.renderer;
    const u = this.materials.uniforms;
    r.info.reset();
    const background = new Color().setStyle(p.background, "");
    r.setScissorTest(false);
    r.setViewport(0, 0, tile.width, tile.height);
    r.setClearColor(background, p.transparent ? 0 : 1);
    r.clear();
    u.uBackground.value.copy(background);
    u.uAccent.value.setStyle(p.accent, "");
    u.uTrim.value = p.depth ? 0 : 1;
    u.uPixelScale.value = p.scale;
    const share = p.width / Math.max(1, p.panes.length);
    p.panes.forEach((pane, k) => {
      const x = Math.round(k * share) - tile.x;
      const width = Math.round((k + 1) * share) - Math.round(k * share);
      this.paintPane(p, pane, width, x, tile);
    });
  }

  private paintPane(p: Picture, pane: Pane, width: number, x: number, tile: Tile): void {
    const left = Math.max(0, x);
    const right = Math.min(tile.width, x + width);
    if (right <= left) return;
    const u = this.materials.uniforms;
    const camera = this.cameras.set(p.view, width / p.height, pane.radius);
    const part = right - left !== width || tile.height !== p.height;
    if (part) camera.setViewOffset(width, p.height, left - x, tile.y, right - left, tile.height);
    const distance = camera.position.z;
    u.uFog.value.set(-(distance - 0.2 * pane.radius), 1 / (1.4 * pane.radius));
    const pixels = p.height / (2 * this.cameras.halfHeight);
    u.uPixels.value = pixels;
    u.uDistance.value = distance;
    (u.uResolution.value as Vector2).set(right - left, tile.height);
    pane.use({
      depth: p.depth,
      perspective: p.view.projection === "perspective",
      pixels,
      largestPoint: this.largestPoint,
    });
    pane.root.quaternion.copy(p.view.rotation);
    pane.root.position
      .set(...pane.center)
      .negate()
      .applyQuaternion(p.view.rotation);
    this.renderer.setViewport(left, 0, right - left, tile.height);
    this.renderer.render(pane.scene, camera);
    if (part) camera.clearViewOffset();
  }

  /** A point of a pane on the picture, in its pixels from the pane's top left. */
  project(point: readonly [number, number, number], pane: Pane, view: View, width: number, height: number): Vector3 {
    const camera = this.cameras.set(view, width / height, pane.radius);
    const v = new Vector3(...point)
      .sub(new Vector3(...pane.center))
      .applyQuaternion(view.rotation)
      .project(camera);
    return v.set(((v.x + 1) / 2) * width, ((1 - v.y) / 2) * height, v.z);
  }

  /** The ray through a pixel of a pane, in the crystal's coordinates. */
  ray(x: number, y: number, pane: Pane, view: View, width: number, height: number) {
    const camera = this.cameras.set(view, width / height, pane.radius);
    const nx = (2 * x) / width - 1;
    const ny = 1 - (2 * y) / height;
    const near = new Vector3(nx, ny, -1).unproject(camera);
    const far = new Vector3(nx, ny, 1).unproject(camera);
    const back = view.rotation.clone().invert();
    const direction = far.sub(near).normalize().applyQuaternion(back);
    const origin = near.applyQuaternion(back).add(new Vector3(...pane.center));
    return { origin: origin.toArray(), direction: direction.toArray() };
  }

  /** Draws into a 2D canvas, at twice the size and scaled down. */
  render(p: Picture): HTMLCanvasElement {
    const out = document.createElement("canvas");
    out.width = p.width;
    out.height = p.height;
    const ctx = out.getContext("2d");
    if (!ctx || this.lost) return out;
    ctx.imageSmoothingQuality = "high";
    const big = { ...p, width: 2 * p.width, height: 2 * p.height, scale: 2 * p.scale };
    for (let y = 0; y < big.height; y += TILE)
      for (let x = 0; x < big.width; x += TILE) {
        const tile = { x, y, width: Math.min(TILE, big.width - x), height: Math.min(TILE, big.height - y) };
        ctx.drawImage(this.renderTile(big, tile), x / 2, y / 2, tile.width / 2, tile.height / 2);
      }
    return out;
  }

  private renderTile(p: Picture, tile: Tile): HTMLCanvasElement {
    const target = new WebGLRenderTarget(tile.width, tile.height);
    this.renderer.setRenderTarget(target);
    this.paint(p, tile);
    const pixels = new Uint8Array(4 * tile.width * tile.height);
    this.renderer.readRenderTargetPixels(target, 0, 0, tile.width, tile.height, pixels);
    this.renderer.setRenderTarget(null);
    target.dispose();
    const canvas = document.createElement("canvas");
    canvas.width = tile.width;
    canvas.height = tile.height;
    const image = new ImageData(tile.width, tile.height);
    const row = 4 * tile.width;
    for (let y = 0; y < tile.height; y++)
      image.data.set(pixels.subarray(y * row, (y + 1) * row), (tile.height - 1 - y) * row);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    return canvas;
  }
}
