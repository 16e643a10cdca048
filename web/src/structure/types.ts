// What the panel is given, and what the server answers about a structure.

/** A structure of the run, as its event names it. */
export interface StructureRef {
  id: string;
  formula: string;
  nAtoms?: number | undefined;
  origin?: string | undefined;
  parentId?: string | undefined;
  label?: string | undefined;
  spaceGroup?: { symbol: string; number: number } | null | undefined;
}

/** A structure as one chooses it from a list. */
export function titleOf(s: StructureRef): string {
  return [s.formula, s.label ?? s.origin, s.spaceGroup?.symbol].filter(Boolean).join(" · ");
}

/** A frame of a running relaxation, as its event brings it; compact is the binary form in base64. */
export interface LiveFrame {
  structure_id: string;
  frame: number;
  energy_per_atom: number; // eV/atom
  fmax: number; // eV/angstrom
  compact?: string | undefined;
}

/** analyze_space_group's result, as far as it is shown. */
export interface Symmetry {
  space_group_symbol: string;
  space_group_number: number;
  symprec: number;
  crystal_system: string;
  note: string | null;
  scan: { symprec: number; space_group_symbol: string; space_group_number: number }[];
  conventional: {
    lattice_a: number;
    lattice_b: number;
    lattice_c: number;
    lattice_alpha: number;
    lattice_beta: number;
    lattice_gamma: number;
    volume: number;
    n_atoms: number;
  };
  wyckoff: { element: string; letter: string; count: number }[];
  volume_per_atom: number;
  density: number;
}

export interface Site {
  wyckoff: string;
  site_symmetry: string;
  orbit: number;
}

/** The conventional cell as a block of the stored one: whole vectors, atoms with their shift, bonds [i, j, image]. */
export interface ConventionalCell {
  transform: number[][];
  atoms: [number, number, number, number][];
  bonds: [number, number, number, number, number][] | null;
}

/** GET /structures/{id}/annotations. */
export interface Annotations {
  structure_id: string;
  bonds: { i: number; j: number; image: number[]; length: number }[] | null;
  bonds_method: string | null;
  bonds_note: string | null;
  symmetry: Symmetry;
  sites: Site[] | null;
  /** Null when the stored cell is the conventional one, or none was found. */
  conventional_cell?: ConventionalCell | null;
}

export interface StructurePanelProps {
  structures: readonly StructureRef[];
  selectedId: string | undefined;
  /** Who tells where the structures come from. */
  discovery?: string | undefined;
  onSelect: (id: string) => void;
  /** The frame of a relaxation; undefined is its end. */
  frame?: number | undefined;
  onFrame?: ((frame: number) => void) | undefined;
  /** Where a running relaxation of the selected structure has its atoms. */
  live?: LiveFrame | undefined;
  /** Prepares a question about it; absent where nothing can be asked. */
  onAsk?: ((s: StructureRef) => void) | undefined;
  /** Whether nothing will be made any more. */
  ended?: boolean | undefined;
  /** Off: no key of the viewer acts. */
  shortcuts?: boolean | undefined;
}
