"""Oxidation states and charge-balanced assignments.

The states are smact's ICSD-24 consensus list (Davies et al., smact 4): the ones
smact_validity itself uses. smact tells only whether a balanced assignment
exists; here the assignment is found, so that it can be shown.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

from smact import Element
from smact.screening import MIXED_VALENCE_ELEMENTS, pauling_test
from smact.utils.oxidation import ICSD24OxStatesFilter

MAX_COMBINATIONS = 200_000


@dataclass(frozen=True)
class Assignment:
    """Oxidation states that balance: element -> [(state, atoms), ...]."""

    states: dict[str, list[tuple[int, int]]]

    @property
    def mixed(self) -> bool:
        """Whether an element occurs in two states."""
        return any(len(v) > 1 for v in self.states.values())

    @property
    def text(self) -> str:
        """For example Fe(2+) Fe(3+)2 O(2-)4."""
        parts = []
        for el, pairs in self.states.items():
            for state, n in pairs:
                sign = "+" if state > 0 else "-"
                parts.append(f"{el}({abs(state)}{sign}){n if n > 1 else ''}")
        return " ".join(parts)

    @property
    def by_element(self) -> dict[str, list[int]]:
        """Element -> its states, one or two."""
        return {el: [s for s, _ in pairs] for el, pairs in self.states.items()}


@lru_cache(maxsize=1)
def _table() -> dict[str, list[int]]:
    table = ICSD24OxStatesFilter().filter(consensus=3, include_zero=False, commonality="low")
    out: dict[str, list[int]] = {}
    for _, row in table.iterrows():
        out[str(row["element"])] = [int(s) for s in str(row["oxidation_state"]).split()]
    return out


def known_states(element: str) -> list[int]:
    """The ICSD-24 consensus oxidation states of an element; [] if it has none."""
    return list(_table().get(element, []))


@lru_cache(maxsize=256)
def _commonness(element: str) -> dict[int, int]:
    from pymatgen.core import Element as PmgElement

    e = PmgElement(element)
    score = {int(s): 0 for s in e.icsd_oxidation_states}
    score |= {int(s): 1 for s in e.common_oxidation_states}
    return score


def _score(states: dict[str, list[tuple[int, int]]]) -> tuple[int, int]:
    """Higher is more usual: common states first, then small spreads."""
    total = sum((_commonness(el).get(s, -1)) for el, pairs in states.items() for s, _ in pairs)
    return total, -sum(abs(s) for pairs in states.values() for s, _ in pairs)


def _pauling(states: dict[str, list[tuple[int, int]]]) -> bool:
    ox, eneg, symbols = [], [], []
    for el, pairs in states.items():
        for s, _ in pairs:
            ox.append(s)
            eneg.append(Element(el).pauling_eneg)
            symbols.append(el)
    return bool(pauling_test(ox, eneg, symbols))


def _choices(el: str, n: int, mixed: bool) -> list[list[tuple[int, int]]]:
    states = known_states(el)
    single = [[(s, n)] for s in states]
    if not mixed or el not in MIXED_VALENCE_ELEMENTS or n < 2:
        return single
    pairs = [[(a, k), (b, n - k)] for a, b in itertools.combinations(sorted(states), 2) for k in range(1, n)
             if b - a == 1 and a * b > 0]
    return single + pairs


def balance(amounts: dict[str, int], *, mixed: bool = False, use_pauling: bool = True) -> Assignment | None:
    """The most usual charge-balanced assignment, or None.

    Args:
        amounts: atoms by element, reduced.
        mixed: allow two neighboring states of one mixed-valence element.
        use_pauling: cations must be less electronegative than anions.
    """
    options = [_choices(el, n, mixed) for el, n in amounts.items()]
    size = 1
    for o in options:
        size *= max(1, len(o))
    if size > MAX_COMBINATIONS or not all(options):
        return None
    best: Assignment | None = None
    best_score: tuple[int, int] | None = None
    for combo in itertools.product(*options):
        if sum(s * k for pairs in combo for s, k in pairs) != 0:
            continue
        states = dict(zip(amounts, combo, strict=True))
        if sum(len(p) > 1 for p in combo) > 1 or (use_pauling and not _pauling(states)):
            continue
        score = _score(states)
        if best_score is None or score > best_score:
            best, best_score = Assignment(states), score
    return best
