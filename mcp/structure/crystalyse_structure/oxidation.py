"""Oxidation states of sites, and whether the bond lengths agree with them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from pymatgen.analysis.bond_valence import BV_PARAMS, BVAnalyzer, calculate_bv_sum

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure

from .analysis_models import OxidationResult, SiteState

if TYPE_CHECKING:
    from pymatgen.core import Structure

MAX_SITES = 200
RADIUS = 4.0  # angstrom
AGREES = 0.5


def _assigned(s: Structure) -> tuple[list[float] | None, str]:
    """A state for each site, and how it was found."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return [float(x) for x in BVAnalyzer().get_valences(s)], "bond valence analysis"  # type: ignore[arg-type]
        except (ValueError, KeyError, RuntimeError, IndexError):
            guesses = s.composition.oxi_state_guesses(max_sites=-20)
    if not guesses:
        return None, "none"
    return [float(guesses[0][site.specie.symbol]) for site in s], "guessed from the composition (bond valence analysis found none)"


def _sum(s: Structure, i: int) -> float | None:
    """The bond valence sum of a site; None where an element has no parameters."""
    near = s.get_neighbors(s[i], RADIUS)
    if not near or any(n.specie.element not in BV_PARAMS for n in [s[i], *near] if hasattr(n.specie, "element")):
        return None
    try:
        return float(calculate_bv_sum(s[i], near))
    except (KeyError, ValueError):
        return None


def validate(structure_id: str) -> OxidationResult:
    """Assign oxidation states and compare them with bond valence sums."""
    s = load_structure(structure_id)
    if len(s) > MAX_SITES:
        raise ToolFault("unsupported", f"the structure has {len(s)} sites; at most {MAX_SITES} are handled", "structure_id", ["use the primitive cell"])
    states, method = _assigned(s)
    sites, seen = [], {}
    for i, site in enumerate(s):
        state = states[i] if states else None
        total = _sum(s, i)
        ok = None if state is None or total is None else abs(abs(state) - abs(total)) < AGREES
        sites.append(SiteState(site=i, element=site.specie.symbol, oxidation_state=state, bond_valence_sum=total, reasonable=ok))
        if state is not None:
            seen.setdefault(site.specie.symbol, set()).add(state)
    judged = [x.reasonable for x in sites if x.reasonable is not None]
    note = None
    if states is None:
        note = "no charge-balanced assignment was found: an element, an intermetallic, or a composition that does not balance"
    elif len(judged) < len(sites):
        note = "some elements have no bond valence parameters"
    return OxidationResult(
        structure_id=structure_id, formula=load_record(structure_id)["formula"], method=method, charge_balanced=states is not None and abs(sum(states)) < 1e-6,
        oxidation_states={el: sorted(v) for el, v in seen.items()}, reasonable_fraction=sum(judged) / len(judged) if judged else None, sites=sites, note=note)
