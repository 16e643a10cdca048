// The materials of a page, shared by all panes: four variants of the round ones.
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
} from "./shaders";

export class Materials {
  readonly uniforms = {
    uBackground: { value: new Color(1, 1, 1) },
    uAccent: { value: new Color(0, 0.5, 0.5) },
    uFog: { value: new Vector2(0, 0) },
    uPixels: { value: 1 },
    uRadius: { value: 0.11 },
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
  of(kind: "atom" | "bond", depth: boolean, perspective: boolean): ShaderMaterial {
    const key = `${kind}${depth}${perspective}`;
    let m = this.round.get(key);
    if (!m) {
      const defines = { ...(depth && { DEPTH: "" }), ...(perspective && { PERSPECTIVE: "" }) };
      m =
        kind === "atom"
          ? this.make(ATOM_VERTEX, ATOM_FRAGMENT, defines)
          : this.make(BOND_VERTEX, BOND_FRAGMENT, defines);
      this.round.set(key, m);
    }
    return m;
  }

  dispose(): void {
    for (const m of [...this.round.values(), this.line, this.face]) m.dispose();
  }
}
