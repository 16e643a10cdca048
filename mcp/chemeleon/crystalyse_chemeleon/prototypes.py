"""Candidates by decorating the AFLOW prototypes that pymatgen ships.

Mehl et al., The AFLOW Library of Crystallographic Prototypes (2017, 2019).
Cells are rescaled by pymatgen's DLS volume prediction. Nothing here knows which
structure a compound really has, and no energy is used.

The order is that of general experience: the Strukturbericht numbers structure
types roughly as they were found, so the common ones (B1 rock salt, C4 rutile)
have low numbers. Every prototype is tried with its most fitting decoration
before any is tried with another.
"""

from __future__ import annotations

import importlib
import itertools
import math
import re
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from crystalyse_common.structures import at_predicted_volume

if TYPE_CHECKING:
    from pymatgen.core import Structure

LIBRARIES = (
    "pymatgen.core", "pymatgen.analysis.structure_matcher", "pymatgen.analysis.structure_prediction.volume_predictor", "pymatgen.io.cif",
    "pyxtal", "pyxtal.symmetry", "spglib",
)
_lock = threading.Lock()

_NAMED = re.compile(r"^[A-L]\d*(_\w+)?$")
_DESIGNATION = re.compile(r"^([A-K])(\d+)(?:_(\d+))?$")


@dataclass(frozen=True)
class Prototype:
    """An ordered structure type of the library.

    Attributes:
        anonymous: its composition without names, for example AB2.
        order: its place among the types of that composition.
    """

    structure: Structure
    anonymous: str
    label: str
    order: tuple[Any, ...]


def _entry(s: Structure, tags: dict[str, Any]) -> Prototype:
    given = str(tags.get("strukturbericht"))
    designation = given if _NAMED.match(given) else ""  # the library writes "None", and some that are no designation
    numbered = _DESIGNATION.match(designation)
    # Numbered types first, by number; then those with a letter or of alloys (L1_0); then the rest, small cells first.
    rank = (0, int(numbered[2]), int(numbered[3] or 0)) if numbered else (1 if designation else 2, 0, 0)
    name = str(tags.get("mineral") or f"{s.composition.reduced_formula} type")
    return Prototype(structure=s, anonymous=s.composition.anonymized_formula, label=f"{name} ({designation})" if designation else name,
                     order=(*rank, len(s), str(tags.get("aflow"))))


@lru_cache(maxsize=1)
def _library() -> list[Prototype]:
    from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY

    out = []
    for entry in AFLOW_PROTOTYPE_LIBRARY:
        s = entry["snl"].structure
        if not s.is_ordered:
            continue
        out.append(_entry(s, entry["tags"]))
    return out


def library() -> list[Prototype]:
    """The ordered prototypes, read once (a few seconds).

    Imports all else that a search needs too: two threads that import pymatgen at
    the same time meet half-initialized modules.
    """
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in LIBRARIES:
            importlib.import_module(name)
        return _library()


def decorations(proto: Structure, amounts: dict[str, int]) -> list[dict[str, str]]:
    """Every assignment of the wanted elements to the prototype's whose amounts fit, the most alike first.

    Alike is a small difference of electronegativity, site by site.
    """
    from pymatgen.core import Element

    def x(symbol: str) -> float:
        value = float(Element(symbol).X)
        return value if math.isfinite(value) else 2.0

    counts = {el.symbol: n for el, n in proto.composition.element_composition.items()}  # type: ignore[union-attr]
    total, wanted = sum(counts.values()), sum(amounts.values())
    found = []
    for order in itertools.permutations(sorted(amounts)):
        pairs = dict(zip(sorted(counts), order, strict=True))
        if all(abs(counts[a] / total - amounts[b] / wanted) < 1e-8 for a, b in pairs.items()):
            found.append(pairs)
    return sorted(found, key=lambda pairs: round(sum(abs(x(a) - x(b)) for a, b in pairs.items()), 6))


def rescale(s: Structure) -> Structure:
    """The structure at the volume that the DLS predictor expects."""
    if (t := at_predicted_volume(s)) is None:  # no radius for an element: a plain guess keeps the candidate
        t = s.copy()
        t.scale_lattice(16.0 * len(s))
    return t


def generate(amounts: dict[str, int], max_atoms: int, z_values: list[int] | None) -> Iterator[tuple[Structure, str]]:
    """Decorated prototypes of a composition, common types first: (structure, label).

    Args:
        amounts: atoms by element of one formula unit.
        max_atoms: largest cell.
        z_values: formula units allowed in a cell; None allows all.
    """
    from pymatgen.core import Composition

    anonymous, per_unit = Composition(amounts).anonymized_formula, sum(amounts.values())
    fitting = [p for p in library() if p.anonymous == anonymous and len(p.structure) <= max_atoms
               and (z_values is None or round(len(p.structure) / per_unit) in z_values)]
    fitting.sort(key=lambda p: p.order)
    ways = [(p, decorations(p.structure, amounts)) for p in fitting]
    for turn in range(max((len(w) for _, w in ways), default=0)):
        for p, w in ways:
            if turn < len(w):
                yield rescale(_decorate(p.structure, w[turn])), p.label


def _decorate(proto: Structure, pairs: dict[str, str]) -> Structure:
    s = proto.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        s.remove_oxidation_states()
        s.replace_species(dict(pairs))  # type: ignore[arg-type]
    return s
