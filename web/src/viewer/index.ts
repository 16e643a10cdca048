// What the rest of the page may use of the viewer.

export type { Axis, Projection } from "./camera";
export { cellParameters } from "./cell";
export { atomColors, type ColorScheme, elementColors, ramp, type Scale, toHex } from "./colors";
export { type CompactData, CompactError, decodeCompact } from "./compact";
export {
  type Crystal,
  CrystalError,
  fractional,
  frameCount,
  fromCompact,
  fromRecord,
  latticeOf,
  neighborsOf,
  positionsOf,
  type StructureRecord,
  sameAtoms,
  symbolOf,
  withPath,
} from "./crystal";
export type { Images } from "./display";
export { drawRadius, element, type Style } from "./elements";
export { KEY_HELP, pressed, type Wish } from "./keys";
export { type Measurement, measure } from "./measure";
export {
  type Counts,
  DARK,
  DEFAULTS,
  DEFERRED_BONDS,
  LIGHT,
  MAX_LABELS,
  type Theme,
  type ViewerOptions,
} from "./options";
export type { AtomRef } from "./pane";
export { formatMeasure, type PictureOptions, thumbnail } from "./picture";
export { Stage } from "./stage";
export type { Stand } from "./steering";
export { Viewer, type ViewerEvents } from "./viewer";
