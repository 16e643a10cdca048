// The materials of a page, shared by all panes. Those of atoms and bonds have
// variants, made when they are first drawn with.
import { Color, DoubleSide, ShaderMaterial, Vector2 } from "three";
import {
  ATOM_FRAGMENT,
  ATOM_VERTEX,
  BOND_FRAGMENT,
  BOND_VERTEX,
  FACE_FRAGMENT,
  FACE_VERTEX,
  LINE_FRAGMENT,
  LINE_VERTEX,
  THREAD_FRAGMENT,
  THREAD_VERTEX,
} from "./shaders";

/** Of a bond, angstrom. */
export const BOND_RADIUS = 0.11;

/** Atoms as quads or points, bonds as quads or lines. */
export type Kind = "atom" | "point" | "bond" | "thread";

export interface Variant {
  /** Exact depth of round surfaces. */
  depth: boolean;
  perspective: boolean;
  /** Some atoms are selected or hovered. */
  marks: boolean;
}

export const PLAIN: Variant = { depth: false, perspective: false, marks: false };

const SOURCES: Record<Kind, [vertex: string, fragment: string]> = {
  atom: [ATOM_VERTEX, ATOM_FRAGMENT],
  point: [ATOM_VERTEX, ATOM_FRAGMENT],
  bond: [BOND_VERTEX, BOND_FRAGMENT],
  thread: [THREAD_VERTEX, THREAD_FRAGMENT],
};

export class Materials {
  readonly uniforms = {
    uBackground: { value: new Color(1, 1, 1) },
    uAccent: { value: new Color(0, 0.5, 0.5) },
    uFog: { value: new Vector2(0, 0) },
    uPixels: { value: 1 },
    uDistance: { value: 1 },
    uRadius: { value: BOND_RADIUS },
    uTrim: { value: 0 },
    uResolution: { value: new Vector2(1, 1) },
    uPixelScale: { value: 1 },
  };
  private readonly round = new Map<string, ShaderMaterial>();
  readonly line = this.make(LINE_VERTEX, LINE_FRAGMENT, {});
  readonly face = this.make(FACE_VERTEX, FACE_FRAGMENT, {});

  constructor() {
    this.face.transparent = true;
    this.face.depthWrite = false;
  }

  private make(vertexShader: string, fragmentShader: string, defines: Record<string, string>): ShaderMaterial {
    return new ShaderMaterial({
      vertexShader,
      fragmentShader,
      defines,
      uniforms: this.uniforms,
      side: DoubleSide,
      toneMapped: false,
    });
  }

  /** The material of atoms or bonds with exact depth or without, for a projection. */
  of(kind: Kind, { depth, perspective, marks }: Variant): ShaderMaterial {
    const key = `${kind}${depth}${perspective}${marks}`;
    let m = this.round.get(key);
    if (!m) {
      const defines = {
        ...(depth && { DEPTH: "" }),
        ...(perspective && { PERSPECTIVE: "" }),
        ...(marks && { MARKS: "" }),
        ...(kind === "point" && { POINT: "" }),
      };
      m = this.make(...SOURCES[kind], defines);
      this.round.set(key, m);
    }
    return m;
  }

  dispose(): void {
    for (const m of [...this.round.values(), this.line, this.face]) m.dispose();
  }
}
