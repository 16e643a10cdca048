"""Energy levels: what a potential's energies are, and the correction that raw ones need.

CHGNet was trained on energies that hold the MP2020 corrections already;
SevenNet-0 and MACE-MP predict raw PBE, PBE+U for oxides and fluorides of
V, Cr, Mn, Fe, Co, Ni, Mo and W. Raw energies get the correction (Wang et al.,
Sci. Rep. 11 (2021) 15496) here, in one place: every formation energy and every
hull asks this module and adds nothing of its own.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .potentials.base import CORRECTED, RAW

if TYPE_CHECKING:
    from pymatgen.core import Structure

COMMON = "MP2020-corrected"  # the level of every formation energy and every hull


@lru_cache(maxsize=1)
def _scheme() -> Any:
    from pymatgen.entries.compatibility import MaterialsProject2020Compatibility

    return MaterialsProject2020Compatibility(check_potcar=False)


def corrections(structure: Structure, level: str) -> list[tuple[str, float]]:
    """What brings an energy of this level to the common one: (name, eV for the whole cell).

    Empty for a corrected potential and for elements.

    Raises:
        ValueError: for a level this module does not know.
    """
    if level == CORRECTED:
        return []
    if level != RAW:
        raise ValueError(f"unknown energy level {level!r}")
    from pymatgen.entries.computed_entries import ComputedStructureEntry

    scheme = _scheme()
    # MP runs with +U exactly where the scheme has U settings for the most electronegative element.
    anion = max(structure.composition.elements, key=lambda el: el.X).symbol
    wanted = scheme.u_settings.get(anion, {})
    hubbards = {el.symbol: float(wanted[el.symbol]) for el in structure.composition.elements if el.symbol in wanted}
    entry = ComputedStructureEntry(structure, 0.0, parameters={
        "run_type": "GGA+U" if any(hubbards.values()) else "GGA", "hubbards": hubbards, "software": "potential"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a composition without oxidation states is corrected by its most electronegative element
        found = scheme.get_adjustments(entry)
    return [(a.name.removeprefix(f"{scheme.name} "), float(a.value)) for a in found]


def correction_per_atom(structure: Structure, level: str) -> float:
    """The whole correction in eV/atom."""
    return sum(e for _, e in corrections(structure, level)) / len(structure)


CAVEATS = {
    "u": frozenset("V Cr Mn Fe Co Ni Mo W".split()),
    "magnetic": frozenset("Cr Mn Fe Co Ni Gd Tb Dy Ho Er Tm Eu".split()),
    "f": frozenset("Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Th Pa U Np Pu".split()),
    "radioactive": frozenset("Tc Pm Po At Rn Fr Ra Ac Th Pa U Np Pu".split()),
    "noble": frozenset("He Ne Ar Kr Xe".split()),
}


def caveats(elements: set[str]) -> list[str]:
    """What a reader must know of energies with these elements."""
    out = []
    if elements & CAVEATS["u"] and elements & {"O", "F"}:
        out.append(f"{_some(elements, 'u')}: sensitive to the +U treatment of the training data")
    if elements & CAVEATS["magnetic"]:
        out.append(f"{_some(elements, 'magnetic')}: magnetic order is not controlled by the potential")
    if elements & CAVEATS["f"]:
        out.append(f"{_some(elements, 'f')}: f electrons are poorly described")
    if elements & CAVEATS["radioactive"]:
        out.append(f"{_some(elements, 'radioactive')}: radioactive; the training data are few")
    if elements & CAVEATS["noble"]:
        out.append(f"{_some(elements, 'noble')}: a noble gas, bound by dispersion that PBE lacks")
    return out


def _some(elements: set[str], kind: str) -> str:
    return ", ".join(sorted(elements & CAVEATS[kind]))
