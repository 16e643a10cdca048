"""End members: a structure without (some of) an element."""

from __future__ import annotations

from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_structure, put_structure, symmetry

from .analysis_models import RemoveResult

SYMPREC = 0.1


def remove(structure_id: str, element: str, sites: str) -> RemoveResult:
    """Take an element out of a structure: all of it, or one symmetry-equivalent set at a time.

    Raises:
        ToolFault: when the element is not there, or nothing would be left.
    """
    s = load_structure(structure_id)
    own = [i for i, site in enumerate(s) if site.specie.symbol == element]
    if not own:
        raise ToolFault("invalid_input", f"{s.composition.reduced_formula} holds no {element[:10]}", "element",
                        [f"use one of: {', '.join(sorted({x.symbol for x in s.composition}))}"])
    if len(own) == len(s):
        raise ToolFault("invalid_input", "nothing would be left", "element", ["give a host that holds other elements too"])
    choices = [own]
    if sites == "each_set":
        sym = SpacegroupAnalyzer(s, SYMPREC).get_symmetrized_structure()
        choices = [list(group) for group in sym.equivalent_indices if s[group[0]].specie.symbol == element]
    refs = []
    for gone in choices:
        t = s.copy()
        t.remove_sites(gone)
        refs.append(put_structure(t, origin="input", created_by="remove_ion", parent_id=structure_id, label=f"{s.composition.reduced_formula} without {len(gone)} {element}",
                                  space_group=symmetry(t, SYMPREC)))
    return RemoveResult(structures=refs, removed=len(choices[0]), kept=len(own) - len(choices[0]))
