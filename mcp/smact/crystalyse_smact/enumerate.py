"""Charge-balanced compositions of a chemical system."""

from __future__ import annotations

import itertools

from pymatgen.core import Element as PmgElement
from smact import Element, neutral_ratios
from smact.screening import pauling_test

from crystalyse_common.errors import ToolFault

from .models import ElementItem, ElementResult, FilteredItem, FilterResult
from .states import Assignment, _score, known_states
from .validate import SMACT_VERSION, STATES_SET, pretty


def check_elements(elements: list[str], low: int, high: int) -> list[str]:
    """Distinct real elements, within the number handled."""
    for i, el in enumerate(elements):
        if not PmgElement.is_valid_symbol(el):
            raise ToolFault("invalid_input", f"{el[:20]!r} is no element symbol", f"elements.{i}", ["write symbols such as Na, Fe, O"])
    distinct = list(dict.fromkeys(elements))
    if not low <= len(distinct) <= high:
        raise ToolFault("invalid_input", f"{len(distinct)} distinct elements; {low} to {high} are handled", "elements",
                        ["split the question into smaller chemical systems"])
    return distinct


def filter_compositions(elements: list[str], max_stoichiometry: int, max_results: int) -> FilterResult:
    """All reduced compositions whose charges balance under the Pauling test.

    Ordered by how usual the oxidation states are, then by size.
    """
    els = check_elements(elements, 2, 6)
    silent = [el for el in els if not known_states(el)]
    if silent:
        raise ToolFault("unsupported", f"no oxidation states are tabulated for {', '.join(silent)}", "elements",
                        ["leave these elements out"])
    eneg = [Element(el).pauling_eneg for el in els]
    best: dict[str, tuple[tuple[int, int], int, Assignment]] = {}
    tried = 0
    for ox in itertools.product(*(known_states(el) for el in els)):
        tried += max_stoichiometry ** len(els)
        if min(ox) > 0 or max(ox) < 0 or not pauling_test(ox, eneg, els):
            continue
        for ratio in neutral_ratios(list(ox), threshold=max_stoichiometry):
            states = {el: [(int(s), int(n))] for el, s, n in zip(els, ox, ratio, strict=True)}
            formula = pretty({el: int(n) for el, n in zip(els, ratio, strict=True)})
            entry = (_score(states), -sum(int(n) for n in ratio), Assignment(states))
            if formula not in best or entry[:2] > best[formula][:2]:
                best[formula] = entry
    ranked = sorted(best.items(), key=lambda kv: (kv[1][0][0], kv[1][1], kv[1][0][1], kv[0]), reverse=True)
    items = [FilteredItem(formula=f, oxidation_states=a.by_element, assignment=a.text, n_atoms=-size) for f, (_, size, a) in ranked[:max_results]]
    return FilterResult(elements=els, items=items, n_tried=tried, n_valid=len(best), truncated=len(best) > max_results,
                        max_stoichiometry=max_stoichiometry, oxidation_states_set=STATES_SET, smact_version=SMACT_VERSION)


def element_info(elements: list[str]) -> ElementResult:
    """What smact and the periodic table know of elements."""
    items = []
    for el in check_elements(elements, 1, 20):
        e = PmgElement(el)
        x = float(e.X) if e.X == e.X else None
        items.append(ElementItem(symbol=el, name=e.long_name, atomic_number=int(e.Z), pauling_electronegativity=x,
                                 oxidation_states=known_states(el), is_metal=bool(e.is_metal)))
    return ElementResult(items=items, smact_version=SMACT_VERSION)
