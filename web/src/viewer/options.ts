// What a viewer can be asked to show.

import type { Projection } from "./camera";
import type { Vec3 } from "./cell";
import type { ColorScheme } from "./colors";
import type { Images } from "./display";
import type { Style } from "./elements";

export interface Theme {
  background: string;
  ink: string;
  line: string;
  accent: string;
}

export const LIGHT: Theme = { background: "#ffffff", ink: "#22262b", line: "#6b737d", accent: "#0f766e" };
export const DARK: Theme = { background: "#14171a", ink: "#e6e9ec", line: "#8b949e", accent: "#2dd4bf" };

export interface ViewerOptions {
  supercell: Vec3;
  images: Images;
  bonds: boolean;
  polyhedra: boolean;
  style: Style;
  colors: ColorScheme;
  /** One number an atom, for the colors "property". */
  property: ArrayLike<number> | null;
  cell: boolean;
  labels: boolean;
  gizmo: boolean;
  projection: Projection;
  theme: Theme;
  reducedMotion: boolean;
}

export const DEFAULTS: ViewerOptions = {
  supercell: [1, 1, 1],
  images: "boundary",
  bonds: true,
  polyhedra: false,
  style: "ball",
  colors: "vesta",
  property: null,
  cell: true,
  labels: false,
  gizmo: true,
  projection: "orthographic",
  theme: LIGHT,
  reducedMotion: false,
};

/** Above this many atoms bonds wait for a word of the user. */
export const DEFERRED_BONDS = 8000;
/** Above this many drawn atoms labels are left out, with a notice. */
export const MAX_LABELS = 200;

/** What is drawn against what the server sent. */
export interface Counts {
  sentAtoms: number;
  sentBonds: number | null;
  cells: number;
  atoms: number;
  images: number;
  bonds: number;
  /** Labels were asked for and left out. */
  labelsOmitted: boolean;
}

/** A little of the sphere around a crystal may be cut: only corners reach it. */
export const FIT = 0.97;
