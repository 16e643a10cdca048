import type { ReactNode } from "react";
import { Menu, type MenuItem } from "../components/Menu";
import type { Cell } from "../ui/state";
import { type ColorScheme, DEFERRED_BONDS, type Images, type Viewer, type ViewerOptions } from "../viewer";

const COLORS: [ColorScheme, string][] = [
  ["vesta", "VESTA"],
  ["jmol", "Jmol"],
  ["safe", "Safe for color blindness"],
  ["coordination", "By number of neighbors"],
];
const IMAGES: [Images, string, string][] = [
  ["none", "None", "the atoms of the cell only"],
  ["boundary", "On the faces", "atoms on a face, repeated on the opposite one"],
  ["bonded", "Bonded", "also every atom that is bonded to one in the cell"],
];
const CELLS: [number, number, number][] = [
  [1, 1, 1],
  [2, 1, 1],
  [2, 2, 1],
  [2, 2, 2],
  [3, 3, 3],
  [4, 4, 4],
  [5, 5, 5],
];

function Toggle({
  label,
  on,
  children,
  toggle,
}: {
  label: string;
  on: boolean;
  children: ReactNode;
  toggle: () => void;
}) {
  return (
    <button
      type="button"
      className="btn quiet st-tool"
      aria-pressed={on}
      aria-label={label}
      title={label}
      onClick={toggle}
    >
      {children}
    </button>
  );
}

function Act({
  label,
  children,
  run,
  disabled,
}: {
  label: string;
  children: ReactNode;
  run: () => void;
  disabled: boolean;
}) {
  return (
    <button
      type="button"
      className="btn quiet st-tool"
      aria-label={label}
      title={label}
      onClick={run}
      disabled={disabled}
    >
      {children}
    </button>
  );
}

/** Everything that changes the picture, by name. */
export function Toolbar({
  viewer,
  options,
  atoms,
  change,
  cell,
  setCell,
}: {
  viewer: Viewer | null;
  options: ViewerOptions;
  /** Atoms in one cell. */
  atoms: number;
  change: (o: Partial<ViewerOptions>) => void;
  /** In which cell it is drawn; undefined where there is no choice. */
  cell?: Cell | undefined;
  setCell?: (c: Cell) => void;
}) {
  const off = viewer === null;
  const supercell = (s: [number, number, number]) =>
    // Bonds of a large block wait for a word of the user.
    change({
      supercell: s,
      bonds: atoms * s[0] * s[1] * s[2] <= DEFERRED_BONDS && options.bonds,
      images: s.some((x) => x > 2) ? "none" : options.images,
    });
  const radio = <T,>(
    list: readonly (readonly [T, string, string?])[],
    is: (v: T) => boolean,
    set: (v: T) => void,
  ): MenuItem[] =>
    list.map(([v, label, hint]) => ({ label, ...(hint ? { hint } : {}), checked: is(v), run: () => set(v) }));
  return (
    <div className="st-toolbar" role="toolbar" aria-label="Crystal view">
      <Act label="Rotate X" run={() => viewer?.camera.rotate("x", 15)} disabled={off}>
        X↻
      </Act>
      <Act label="Rotate Y" run={() => viewer?.camera.rotate("y", 15)} disabled={off}>
        Y↻
      </Act>
      {(["a", "b", "c"] as const).map((x) => (
        <Act key={x} label={`Look along ${x}`} run={() => viewer?.camera.lookAlong(x)} disabled={off}>
          <i>{x}</i>
        </Act>
      ))}
      <Act label="Reset the view" run={() => viewer?.camera.reset()} disabled={off}>
        ⟲
      </Act>
      <span className="st-gap" aria-hidden="true" />
      <Toggle label="Bonds" on={options.bonds} toggle={() => change({ bonds: !options.bonds })}>
        Bonds
      </Toggle>
      <Toggle label="Polyhedra" on={options.polyhedra} toggle={() => change({ polyhedra: !options.polyhedra })}>
        Polyhedra
      </Toggle>
      <Toggle label="Unit cell" on={options.cell} toggle={() => change({ cell: !options.cell })}>
        Cell
      </Toggle>
      <Menu
        label="More of the picture"
        className="btn quiet st-tool"
        align="left"
        items={[
          {
            label: "Atom labels",
            checked: options.labels,
            run: () => change({ labels: !options.labels }),
          },
          {
            label: "Space filling",
            checked: options.style === "fill",
            run: () => change({ style: options.style === "fill" ? "ball" : "fill" }),
          },
          {
            label: "Perspective",
            checked: options.projection === "perspective",
            run: () => change({ projection: options.projection === "perspective" ? "orthographic" : "perspective" }),
          },
        ].map((i) => ({ ...i, kind: "checkbox" as const }))}
      >
        Show
      </Menu>
      {cell ? (
        <Toggle
          label="Conventional cell"
          on={cell === "conventional"}
          toggle={() => setCell?.(cell === "conventional" ? "stored" : "conventional")}
        >
          Conv.
        </Toggle>
      ) : null}
      <Menu
        label="Supercell"
        className="btn quiet st-tool"
        align="left"
        items={radio(
          CELLS.filter(([n, m, k]) => n * m * k * atoms <= 200_000).map((s) => [s, s.join(" × ")] as const),
          (s) => s.join() === options.supercell.join(),
          supercell,
        )}
      >
        {options.supercell.join("×")}
      </Menu>
      <Menu
        label="Images"
        className="btn quiet st-tool"
        align="left"
        items={radio(
          IMAGES,
          (v) => v === options.images,
          (images) => change({ images }),
        )}
      >
        Images
      </Menu>
      <Menu
        label="Colors"
        className="btn quiet st-tool"
        align="left"
        items={radio(
          COLORS,
          (v) => v === options.colors,
          (colors) => change({ colors }),
        )}
      >
        Colors
      </Menu>
    </div>
  );
}
