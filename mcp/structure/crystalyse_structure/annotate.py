"""What a viewer draws and says beside the atoms: bonds and symmetry, computed once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import spglib

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure

from .bonds import METHOD, bonds
from .cell import conventional_cell
from .symmetry import DEFAULT_SCAN, analyze

if TYPE_CHECKING:
    from pymatgen.core import Structure

MAX_BONDED = 300  # atoms; CrystalNN takes minutes beyond


def annotate(structure_id: str) -> dict[str, Any]:
    """Bonds with image shifts, the space group, each atom's Wyckoff letter and orbit, and the conventional cell."""
    record = load_record(structure_id)
    s = load_structure(structure_id)
    found, note = record.get("bonds"), None
    if found is None:
        found, note = _bonds(s)
    symmetry = analyze(structure_id, DEFAULT_SCAN)
    return {"structure_id": structure_id, "formula": record["formula"], "bonds": found, "bonds_method": METHOD if found is not None else None,
            "bonds_note": note, "symmetry": symmetry.model_dump(), "sites": _sites(s, symmetry.symprec),
            "conventional_cell": conventional_cell(s, symmetry.symprec, found)}


def _bonds(s: Structure) -> tuple[list[dict[str, Any]] | None, str | None]:
    if len(s) > MAX_BONDED:
        return None, f"bonds were not computed: more than {MAX_BONDED} atoms"
    try:
        return bonds(s), None
    except ToolFault as fault:  # a picture without bonds is better than none
        return None, str(fault)


def _sites(s: Structure, symprec: float) -> list[dict[str, Any]] | None:
    """Letter, site symmetry and orbit (the first equivalent atom) of every atom of the stored cell."""
    cell = (s.lattice.matrix, s.frac_coords, [site.specie.Z for site in s])
    found = spglib.get_symmetry_dataset(cell, symprec=symprec)  # type: ignore[arg-type]
    if found is None:
        return None
    return [{"wyckoff": str(w), "site_symmetry": str(p), "orbit": int(o)}
            for w, p, o in zip(found.wyckoffs, found.site_symmetry_symbols, found.equivalent_atoms, strict=True)]
