"""Reading chemical formulas strictly: every symbol a real element, whole amounts."""

from __future__ import annotations

import re

from .errors import ToolFault

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SHAPE = re.compile(r"^[A-Z][A-Za-z0-9.()\[\]]*$")


def written_amounts(text: str, field: str = "formula") -> dict[str, float]:
    """Amounts by element of one formula unit as written, fractions kept: {"Li": 0.5, "Co": 1, "O": 2} of Li0.5CoO2.

    Raises:
        ToolFault: invalid_input naming the field, when it is no formula.
    """
    from pymatgen.core import Composition

    parse_formula(text, field)
    return {str(el): float(n) for el, n in Composition(text.strip().translate(_SUBSCRIPTS)).items()}


def parse_formula(text: str, field: str = "formula", max_elements: int = 8) -> dict[str, int]:
    """Amounts by element of a formula as written (not reduced), scaled to integers.

    Raises:
        ToolFault: invalid_input naming the field, when it is no formula.
    """
    from pymatgen.core import Composition, Element

    s = text.strip().translate(_SUBSCRIPTS)
    bad = [w for w in re.findall(r"[A-Z][a-z]?", s) if not Element.is_valid_symbol(w)]
    if not s or len(s) > 100 or not _SHAPE.match(s) or bad:
        why = f"{', '.join(dict.fromkeys(bad))} is no element" if bad else "it is not of the form Na2FePO4F"
        raise ToolFault("invalid_input", f"{text[:60]!r} is not a formula: {why}", field,
                        ["write element symbols with whole-number amounts, for example CaTiO3"])
    try:
        amounts, _ = Composition(s).get_integer_formula_and_factor()
        composition = Composition(s) if all(float(v).is_integer() for v in Composition(s).values()) else Composition(amounts)
    except (ValueError, ZeroDivisionError, KeyError, IndexError):  # IndexError: no amount is above zero
        raise ToolFault("invalid_input", f"{text[:60]!r} is not a formula", field,
                        ["write element symbols with whole-number amounts, for example CaTiO3"]) from None
    out = {str(el): round(float(n)) for el, n in composition.items()}
    if not out or min(out.values()) < 1 or sum(out.values()) > 1000:
        raise ToolFault("invalid_input", f"{text[:60]!r} has amounts that are not positive whole numbers", field,
                        ["write element symbols with whole-number amounts, for example CaTiO3"])
    if len(out) > max_elements:
        raise ToolFault("invalid_input", f"{text[:60]!r} has {len(out)} elements; at most {max_elements} are handled", field,
                        ["split the question into smaller chemical systems"])
    return out
