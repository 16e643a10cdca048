"""Is a composition charge-balanced? SMACT's verdict, with the assignment that shows it."""

from __future__ import annotations

from functools import reduce
from importlib.metadata import version
from math import gcd

from pymatgen.core import Composition, Element
from smact.screening import smact_validity

from crystalyse_common.errors import ToolFault
from crystalyse_common.formulas import parse_formula

from .models import CompositionItem, ValidateResult
from .states import balance, known_states

STATES_SET = "icsd24 (consensus 3)"
SMACT_VERSION = version("smact")


def reduce_amounts(amounts: dict[str, int]) -> dict[str, int]:
    """Divide amounts by their greatest common divisor."""
    g = reduce(gcd, amounts.values())
    return {el: n // g for el, n in amounts.items()}


def pretty(amounts: dict[str, int]) -> str:
    """The reduced formula in the field's usual element order."""
    return Composition(amounts).reduced_formula


def _is_metal(symbol: str) -> bool:
    return bool(Element(symbol).is_metal)


def validate_one(text: str, *, use_pauling: bool, include_alloys: bool, field: str) -> CompositionItem:
    """The verdict on one composition; an unreadable input is an item with an error."""
    try:
        written = parse_formula(text, field)
        amounts = reduce_amounts(written)
    except ToolFault as fault:
        return CompositionItem(input=text, formula=None, valid=None, applicable=False, charge_balanced=None, oxidation_states=None,
                               assignment=None, mixed_valence=False, reason="the input is no formula", error=fault.message)
    # A reduced formula keeps the order its author wrote: CuAl2O4, not Al2CuO4.
    formula = text.strip() if written == amounts and text.strip().isalnum() and text.isascii() else pretty(amounts)

    def item(valid: bool | None, reason: str, **kw: object) -> CompositionItem:
        base: dict[str, object] = {
            "applicable": valid is not None, "charge_balanced": valid, "oxidation_states": None, "assignment": None, "mixed_valence": False}
        return CompositionItem(input=text, formula=formula, valid=valid, reason=reason, **(base | kw))  # type: ignore[arg-type]

    if len(amounts) == 1:
        return item(None, "an element has no charges to balance: the test does not apply")
    if include_alloys and all(_is_metal(el) for el in amounts):
        return item(None, "all its elements are metals: an intermetallic or alloy, to which charge balance does not apply")
    silent = [el for el in amounts if not known_states(el)]
    if silent:
        return item(None, f"no oxidation states are tabulated for {', '.join(silent)}: the test does not apply")
    for mixed in (False, True):
        if not smact_validity(formula, use_pauling_test=use_pauling, include_alloys=False, mixed_valence=mixed):
            continue
        found = balance(amounts, mixed=mixed, use_pauling=use_pauling)
        states = dict(oxidation_states=found.by_element, assignment=found.text) if found else {}
        why = f"charges balance: {found.text}" if found else "charges balance by SMACT's test"
        if mixed:
            why = why.replace("charges balance", "charges balance only in mixed valence", 1)
        return item(True, why, mixed_valence=mixed, **states)
    listed = "; ".join(f"{el} {', '.join(f'{s:+d}' for s in known_states(el))}" for el in amounts)
    return item(False, f"no charge-balanced assignment from the known oxidation states ({listed})")


def validate(compositions: list[str], *, use_pauling: bool, include_alloys: bool) -> ValidateResult:
    """Verdicts on all compositions, in order.

    Raises:
        ToolFault: when none of the inputs is a formula.
    """
    items = [validate_one(c, use_pauling=use_pauling, include_alloys=include_alloys, field=f"compositions.{i}") for i, c in enumerate(compositions)]
    if all(i.error for i in items):
        raise ToolFault("invalid_input", items[0].error or "", "compositions.0",
                        ["write element symbols with whole-number amounts, for example CaTiO3"])
    return ValidateResult(
        items=items, n_valid=sum(i.valid is True for i in items), n_invalid=sum(i.valid is False for i in items),
        n_not_applicable=sum(i.valid is None and not i.error for i in items), n_errors=sum(bool(i.error) for i in items),
        oxidation_states_set=STATES_SET, smact_version=SMACT_VERSION)
