import { useState } from "react";
import { Menu } from "../components/Menu";
import { download, saveFile } from "../lib/download";
import { asSentence } from "../lib/format";
import type { Viewer } from "../viewer";

const FILES: [string, string, string][] = [
  ["cif", "CIF", "Crystallographic Information File"],
  ["poscar", "POSCAR", "VASP"],
  ["xyz", "Extended XYZ", "ASE and others"],
  ["json", "JSON", "pymatgen Structure"],
];

/** Files by the server, pictures by the viewer. */
export function ExportMenu({ id, name, viewer }: { id: string; name: string; viewer: Viewer | null }) {
  const [problem, setProblem] = useState("");
  const png = async (scale: number, transparent: boolean) => {
    if (!viewer) return;
    setProblem("");
    try {
      saveFile(`${name}_${scale}x.png`, await viewer.png({ scale, transparent, labels: true }), "image/png");
    } catch (e) {
      setProblem(asSentence(e instanceof Error ? e.message : "the picture could not be written"));
    }
  };
  return (
    <>
      <Menu
        label="Export"
        className="btn quiet st-tool"
        items={[
          ...FILES.map(([format, label, hint]) => ({
            label,
            hint,
            run: () => download(`/api/v1/structures/${id}/export?format=${format}`, ""),
          })),
          ...[1, 2, 3, 4].map((scale) => ({
            label: `PNG ${scale}×`,
            disabled: !viewer,
            run: () => void png(scale, false),
          })),
          { label: "PNG 4×, transparent", disabled: !viewer, run: () => void png(4, true) },
        ]}
      >
        Export
      </Menu>
      {problem ? (
        <span className="small ink-red" role="alert">
          {problem}
        </span>
      ) : null}
    </>
  );
}
