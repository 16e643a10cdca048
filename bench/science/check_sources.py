"""Hold the typed numbers against public data; write CHECKED.md.

    python -m venv v && v/bin/pip install chemicals xrayutilities pymatgen ase
    PYTHONPATH=mcp/common:mcp/references v/bin/python bench/science/check_sources.py

Enthalpies of materials.toml against the CRC Handbook and NIST WebBook tables that
the package `chemicals` ships; cells of mcp/references' known phases against the
AFLOW prototypes that pymatgen ships, the materials that xrayutilities defines, and
the CRC Handbook's densities of solids.
What none of them has is listed as not checked. Nothing is copied from them.
"""

from __future__ import annotations

import tomllib
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from crystalyse_references.known import Known, known_phases

HERE = Path(__file__).resolve().parent
CLOSE_KJ, CLOSE_V = 3.0, 0.03  # kJ/mol of formula units; relative


def enthalpies(materials: list[list[Any]]) -> list[tuple[str, float, dict[str, float]]]:
    """Formula, the typed value, and what the tables say."""
    from chemicals import CAS_from_any, Hfs, Hfs_methods

    out = []
    for formula, _, _, _, _, typed, _ in materials:
        if typed == "none":
            continue
        try:
            cas = CAS_from_any(formula)
        except ValueError:
            out.append((formula, typed, {}))
            continue
        out.append((formula, typed, {m: Hfs(cas, m) / 1000 for m in Hfs_methods(cas)}))
    return out


def densities() -> dict[str, list[tuple[str, float]]]:
    """Volumes per atom in cubic angstrom by reduced formula, from the CRC Handbook's densities of solids."""
    import chemicals
    from chemicals.identifiers import search_chemical
    from pymatgen.core import Composition

    out: dict[str, list[tuple[str, float]]] = {}
    for cas, molar in chemicals.volume.rho_data_CRC_inorg_s_const["Vm"].items():
        try:
            c = Composition(search_chemical(cas).formula)
        except Exception:  # hydrates, mixtures, names that are no formula
            continue
        out.setdefault(c.reduced_formula, []).append((f"CRC density of {cas}", float(molar) * 1e30 / 6.02214076e23 / c.num_atoms))
    return out


def conventional(s: Any) -> tuple[int, tuple[float, ...], float]:
    """Space group, lengths of the conventional cell, volume per atom."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    a = SpacegroupAnalyzer(s, 0.05)
    return a.get_space_group_number(), a.get_conventional_standard_structure().lattice.abc, s.volume / len(s)


def library() -> dict[str, list[tuple[str, int, tuple[float, ...], float]]]:
    """Cells by reduced formula: (where, space group, lengths, volume per atom)."""
    import xrayutilities.materials as xu
    from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY
    from pymatgen.core import Composition

    out: dict[str, list[tuple[str, int, tuple[float, ...], float]]] = {}
    for entry in AFLOW_PROTOTYPE_LIBRARY:
        s = entry["snl"].structure
        if s.is_ordered and len(s.composition) > 1:
            out.setdefault(s.composition.reduced_formula, []).append((f"AFLOW {entry['tags']['aflow']}", *conventional(s)))
    for crystal in (x for x in vars(xu).values() if isinstance(x, xu.Crystal)):
        lattice = crystal.lattice
        atoms = [str(a.name).rstrip("0123456789+-") for a, *_ in lattice.base()]
        if len(set(atoms)) > 1 and all(len(a) <= 2 for a in atoms):
            where = f"xrayutilities {crystal.name}"
            formula = Composition({a: atoms.count(a) for a in set(atoms)}).reduced_formula
            group = int(str(lattice.space_group).split(":")[0])
            out.setdefault(formula, []).append((where, group, (lattice.a, lattice.b, lattice.c), lattice.UnitCellVolume() / len(atoms)))
    return out


def cells(phases: tuple[Known, ...]) -> list[tuple[Known, str, float]]:
    """Each phase with the nearest entry of its formula, and the relative difference of the volumes."""
    known, solid = library(), densities()
    out = []
    for p in phases:
        s = p.structure()
        group, _, volume = conventional(s)
        # A cell that was taken from an entry says nothing by agreeing with it.
        found = [(where, v / volume - 1) for where, g, _, v in known.get(s.composition.reduced_formula, []) if g == group and where != p.source]
        # A density says nothing of the symmetry: it counts only where no cell is there to compare with.
        found = found or [(where, v / volume - 1) for where, v in solid.get(s.composition.reduced_formula, [])]
        where, off = min(found, key=lambda f: abs(f[1]), default=("", 0.0))
        out.append((p, where, off))
    return out


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A markdown table."""
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(r) + " |" for r in rows), ""]


def main() -> None:
    """Write CHECKED.md."""
    warnings.simplefilter("ignore")
    notes = tomllib.loads((HERE / "checked.toml").read_text())
    materials = tomllib.loads((HERE / "materials.toml").read_text())["materials"]
    energies, lattices = enthalpies(materials), cells(known_phases())
    seen = [e for e in energies if e[2]]
    far = [e for e in seen if min(abs(v - e[1]) for v in e[2].values()) > CLOSE_KJ]
    found = [c for c in lattices if c[1]]
    agree = [c for c in found if abs(c[2]) <= CLOSE_V]
    by_cell, by_density = ([c[0].name for c in agree if c[1].startswith("CRC") is d] for d in (False, True))
    packages = ", ".join(f"{p} {version(p)}" for p in ("chemicals", "xrayutilities", "pymatgen"))
    out = ["# What the typed numbers were held against", "", f"Written by `check_sources.py`: {packages}.", "",
           f"Enthalpies of formation of `materials.toml`: {len(seen)} of {len(energies)} are in the CRC or WebBook tables of `chemicals`; {len(seen) - len(far)} agree within "
           f"{CLOSE_KJ:g} kJ/mol of formula units with one of them. The others have only the source that their line names, quoted from memory.", ""]
    rows = [[f, f"{t:g}", ", ".join(f"{k} {v:.1f}" for k, v in d.items()), notes["enthalpies"].get(f, "")] for f, t, d in far]
    out += table(["compound", "typed, kJ/mol", "tables", "note"], rows) if rows else []
    out += ["Not in the tables: " + ", ".join(f for f, _, d in energies if not d) + ".", "",
            f"Cells of the {len(lattices)} known phases, by their volume within {100 * CLOSE_V:g} %: {len(by_cell)} agree with an entry of the same formula "
            f"and space group in the AFLOW prototypes of pymatgen or in xrayutilities, {len(by_density)} more with the density of the solid in the CRC Handbook "
            "(which says nothing of the structure). "
            "All cells are relaxed before they are used: a cell is a start, not a result.", ""]
    rows = [[p.name, w, f"{100 * o:+.1f} %", notes["cells"].get(p.name, "")] for p, w, o in found if abs(o) > CLOSE_V]
    out += table(["phase", "compared with", "its volume", "note"], rows)
    out += ["Agree with a cell: " + ", ".join(by_cell) + ".", "", "Agree with a density: " + ", ".join(by_density) + ".", "",
            "Not checked, source quoted from memory: " + ", ".join(p.name for p, w, _ in lattices if not w) + ".", ""]
    (HERE / "CHECKED.md").write_text("\n".join(out))


if __name__ == "__main__":
    main()
