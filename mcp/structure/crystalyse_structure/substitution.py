"""A structure with other elements on its sites: a known type as the start for a composition that has none."""

from __future__ import annotations

from pymatgen.core import Element

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import at_predicted_volume, load_record, load_structure, put_structure, symmetry

from .analysis_models import SubstituteResult

SYMPREC = 0.1


def substitute(structure_id: str, replacements: dict[str, str]) -> SubstituteResult:
    """Put other elements on the sites of a structure, and give the cell the volume that the DLS predictor expects of them.

    Raises:
        ToolFault: when an element is none, is not there, or would fall together with one that stays.
    """
    s = load_structure(structure_id)
    own = {x.symbol for x in s.composition}
    for old, new in replacements.items():
        if old not in own:
            raise ToolFault("invalid_input", f"{s.composition.reduced_formula} holds no {old[:10]}", "replacements", [f"its elements are {', '.join(sorted(own))}"])
        if not Element.is_valid_symbol(new):
            raise ToolFault("invalid_input", f"{new[:10]!r} is no element symbol", "replacements", ["write symbols such as Fe"])
    final = [replacements.get(el, el) for el in own]
    if len(set(final)) < len(final):
        raise ToolFault("invalid_input", "two elements of the structure would become one", "replacements", ["keep the elements distinct"])
    t = s.copy()
    t.replace_species({Element(a): Element(b) for a, b in replacements.items()})
    guess = at_predicted_volume(t)
    scaled = guess is not None  # without radii the relaxation finds the volume
    t = guess or t
    known = load_record(structure_id).get("label") or s.composition.reduced_formula
    ref = put_structure(t, origin="prototype", created_by="substitute_elements", parent_id=structure_id, label=f"in the cell of {known}"[:120], space_group=symmetry(t, SYMPREC))
    return SubstituteResult(structures=[ref], replaced=sum(x.specie.symbol in replacements for x in s), rescaled=scaled)
