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

interface Props {
  viewer: Viewer | null;
  options: ViewerOptions;
  atoms: number; // in one cell
  change: (o: Partial<ViewerOptions>) => void;
  cell?: Cell | undefined; // in which it is drawn; undefined where there is no choice
  setCell?: (c: Cell) => void;
}

/** Everything that changes the picture, by name. */
export function Toolbar(p: Props) {
  return (
    <div className="st-toolbar" role="toolbar" aria-label="Crystal view">
      <Turns viewer={p.viewer} />
      <span className="st-gap" aria-hidden="true" />
      <Parts {...p} />
      <Choices {...p} />
    </div>
  );
}

/** A button that acts, or, where it says whether it is on, a switch. */
function Tool(p: { label: string; on?: boolean; disabled?: boolean; run: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      className="btn quiet st-tool"
      aria-pressed={p.on}
      aria-label={p.label}
      title={p.label}
      disabled={p.disabled}
      onClick={p.run}
    >
      {p.children}
    </button>
  );
}

/** From where it is seen. */
function Turns({ viewer }: Pick<Props, "viewer">) {
  const off = viewer === null;
  return (
    <>
      <Tool label="Rotate X" run={() => viewer?.camera.rotate("x", 15)} disabled={off}>
        X↻
      </Tool>
      <Tool label="Rotate Y" run={() => viewer?.camera.rotate("y", 15)} disabled={off}>
        Y↻
      </Tool>
      {(["a", "b", "c"] as const).map((x) => (
        <Tool key={x} label={`Look along ${x}`} run={() => viewer?.camera.lookAlong(x)} disabled={off}>
          <i>{x}</i>
        </Tool>
      ))}
      <Tool label="Reset the view" run={() => viewer?.camera.reset()} disabled={off}>
        ⟲
      </Tool>
    </>
  );
}

/** What of the crystal is drawn, and how. */
function Parts({ options: o, change, cell, setCell }: Props) {
  const more: MenuItem[] = [
    { label: "Atom labels", checked: o.labels, run: () => change({ labels: !o.labels }) },
    {
      label: "Space filling",
      checked: o.style === "fill",
      run: () => change({ style: o.style === "fill" ? "ball" : "fill" }),
    },
    {
      label: "Perspective",
      checked: o.projection === "perspective",
      run: () => change({ projection: o.projection === "perspective" ? "orthographic" : "perspective" }),
    },
  ];
  return (
    <>
      <Tool label="Bonds" on={o.bonds} run={() => change({ bonds: !o.bonds })}>
        Bonds
      </Tool>
      <Tool label="Polyhedra" on={o.polyhedra} run={() => change({ polyhedra: !o.polyhedra })}>
        Polyhedra
      </Tool>
      <Tool label="Unit cell" on={o.cell} run={() => change({ cell: !o.cell })}>
        Cell
      </Tool>
      <Menu
        label="More of the picture"
        className="btn quiet st-tool"
        align="left"
        items={more.map((i) => ({ ...i, kind: "checkbox" }))}
      >
        Show
      </Menu>
      {cell ? (
        <Tool
          label="Conventional cell"
          on={cell === "conventional"}
          run={() => setCell?.(cell === "conventional" ? "stored" : "conventional")}
        >
          Conv.
        </Tool>
      ) : null}
    </>
  );
}

/** One of several: how many cells, which images of atoms, which colors. */
function Choices({ options: o, atoms, change }: Props) {
  const cells = CELLS.filter(([n, m, k]) => n * m * k * atoms <= 200_000);
  const supercell = (s: [number, number, number]) =>
    // Bonds of a large block wait for a word of the user.
    change({
      supercell: s,
      bonds: atoms * s[0] * s[1] * s[2] <= DEFERRED_BONDS && o.bonds,
      images: s.some((x) => x > 2) ? "none" : o.images,
    });
  const menus: [label: string, shown: string, items: MenuItem[]][] = [
    [
      "Supercell",
      o.supercell.join("×"),
      cells.map((s) => ({
        label: s.join(" × "),
        checked: s.join() === o.supercell.join(),
        run: () => supercell(s),
      })),
    ],
    [
      "Images",
      "Images",
      IMAGES.map(([images, label, hint]) => ({
        label,
        hint,
        checked: images === o.images,
        run: () => change({ images }),
      })),
    ],
    [
      "Colors",
      "Colors",
      COLORS.map(([colors, label]) => ({ label, checked: colors === o.colors, run: () => change({ colors }) })),
    ],
  ];
  return menus.map(([label, shown, items]) => (
    <Menu key={label} label={label} className="btn quiet st-tool" align="left" items={items}>
      {shown}
    </Menu>
  ));
}
