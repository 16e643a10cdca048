"""Rules of thumb on compositions, and suggestions by statistics. No energies."""

from __future__ import annotations

import math

from pymatgen.core import Composition, Element
from smact.dopant_prediction.doper import Doper
from smact.metallicity import metallicity_score
from smact.screening import ml_rep_generator
from smact.utils.species import parse_spec

from crystalyse_common.errors import ToolFault
from crystalyse_common.formulas import parse_formula

from .models import Dopant, DopantResult, StabilityItem, StabilityResult, VectorResult
from .validate import SMACT_VERSION, pretty, reduce_amounts, validate_one

BASIS = "heuristic: from the composition alone, no structure and no energy"
IONIC, POLAR = 1.7, 0.5  # Pauling electronegativity differences


def _item(text: str, field: str) -> StabilityItem:
    verdict = validate_one(text, use_pauling=True, include_alloys=True, field=field)
    if verdict.formula is None:
        return StabilityItem(input=text, formula=None, electronegativity_difference=None, bonding=None, metallicity_score=None, valid=None, error=verdict.error)
    x = [float(el.X) for el in Composition(verdict.formula).elements]
    spread = max(x) - min(x) if all(math.isfinite(v) for v in x) else None
    bonding = None
    if spread is not None:
        bonding = "mostly ionic" if spread >= IONIC else "polar covalent" if spread >= POLAR else "covalent or metallic"
    try:
        metallic = float(metallicity_score(Composition(verdict.formula)))
    except (ValueError, KeyError, TypeError, AttributeError, NameError):
        metallic = None  # an element that SMACT has no data of
    return StabilityItem(input=text, formula=verdict.formula, electronegativity_difference=spread, bonding=bonding,
                         metallicity_score=metallic if metallic is not None and math.isfinite(metallic) else None, valid=verdict.valid)


def stability(compositions: list[str]) -> StabilityResult:
    """Heuristics for each composition."""
    items = [_item(c, f"compositions.{i}") for i, c in enumerate(compositions)]
    if all(i.error for i in items):
        raise ToolFault("invalid_input", items[0].error or "", "compositions.0", ["write element symbols with whole-number amounts, for example CaTiO3"])
    return StabilityResult(items=items, basis=BASIS, smact_version=SMACT_VERSION)


def dopants(species: list[str], n: int) -> DopantResult:
    """Suggested dopants of a host given by its ions."""
    for i, s in enumerate(species):
        try:
            el, charge = parse_spec(s)
        except (ValueError, TypeError, AttributeError):
            el, charge = "", 0
        if not Element.is_valid_symbol(el) or not charge:
            raise ToolFault("invalid_input", f"{s[:20]!r} is no ion", f"species.{i}", ["write the element with its charge, for example Ti4+ or O2-"])
    try:
        found = Doper(tuple(species)).get_dopants(num_dopants=n)
    except (ValueError, KeyError, IndexError) as exc:
        raise ToolFault("unsupported", f"SMACT has no substitution data for {', '.join(species)}: {exc}"[:200], "species",
                        ["use the ions' usual charges"]) from exc

    def of(kind: str) -> list[Dopant]:
        rows = found.get(f"{kind} substitutions", {}).get("sorted", [])
        return [Dopant(dopant=str(d), replaces=str(r), probability=float(p), similarity=float(s), selectivity=float(t), score=float(c)) for d, r, p, s, t, c in rows]

    return DopantResult(species=species, n_type_cation=of("n-type cation"), p_type_cation=of("p-type cation"), n_type_anion=of("n-type anion"),
                        p_type_anion=of("p-type anion"), basis="heuristic: statistics of ionic substitution, no defect energies", smact_version=SMACT_VERSION)


def vector(composition: str) -> VectorResult:
    """The composition as a vector of element fractions."""
    amounts = reduce_amounts(parse_formula(composition, "composition"))
    if big := [el for el in amounts if Element(el).Z > 103]:
        raise ToolFault("unsupported", f"the vector ends at Lr; {', '.join(big)} is beyond it", "composition", ["leave these elements out"])
    out = [float(x) for x in ml_rep_generator(list(amounts), list(amounts.values()))]
    return VectorResult(formula=pretty(amounts), vector=out, length=len(out), smact_version=SMACT_VERSION)
