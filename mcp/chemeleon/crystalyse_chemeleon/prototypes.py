"""Candidates by decorating the AFLOW prototypes that pymatgen ships.

Mehl et al., The AFLOW Library of Crystallographic Prototypes (2017, 2019).
Cells are rescaled by pymatgen's DLS volume prediction. Nothing here knows which
structure a compound really has.
"""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymatgen.core import Structure

_lock = threading.Lock()


@lru_cache(maxsize=1)
def _library() -> list[dict[str, Any]]:
    from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY
    from pymatgen.core import Composition

    out = []
    for entry in AFLOW_PROTOTYPE_LIBRARY:
        s = entry["snl"].structure
        if not s.is_ordered:
            continue
        tags = entry["tags"]
        out.append({
            "structure": s, "anonymous": Composition(s.composition).anonymized_formula,
            "label": str(tags.get("mineral") or tags.get("aflow")), "aflow": str(tags.get("aflow", "")),
        })
    return out


def library() -> list[dict[str, Any]]:
    """The ordered prototypes, read once (a few seconds)."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _library()


def _decorations(species: list[str], proto: Structure, amounts: dict[str, int]) -> Iterator[dict[str, str]]:
    """Every assignment of the wanted elements to the prototype's whose amounts fit, once."""
    counts = proto.composition.get_el_amt_dict()
    total, wanted = sum(counts.values()), sum(amounts.values())
    for order in itertools.permutations(species):
        pairs = dict(zip(sorted(counts), order, strict=True))
        if all(abs(counts[a] / total - amounts[b] / wanted) < 1e-8 for a, b in pairs.items()):
            yield pairs


def rescale(s: Structure) -> Structure:
    """The structure at the volume that the DLS predictor expects."""
    from pymatgen.analysis.structure_prediction.volume_predictor import DLSVolumePredictor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return DLSVolumePredictor().get_predicted_structure(s)
        except Exception:  # no radius for an element: a plain guess keeps the candidate
            t = s.copy()
            t.scale_lattice(16.0 * len(s))
            return t


def generate(amounts: dict[str, int], max_atoms: int, z_values: list[int] | None) -> Iterator[tuple[Structure, str]]:
    """Decorated prototypes of a composition, small symmetric cells first: (structure, label).

    Args:
        amounts: atoms by element of one formula unit.
        max_atoms: largest cell.
        z_values: formula units allowed in a cell; None allows all.
    """
    from pymatgen.core import Composition

    target = Composition(amounts)
    per_unit = sum(amounts.values())
    fitting = [e for e in library() if e["anonymous"] == target.anonymized_formula and len(e["structure"]) <= max_atoms]
    # The primitive cells with the most symmetry per atom come first: they are the
    # simplest hypotheses, whatever the compound.
    fitting.sort(key=lambda e: (len(e["structure"]), e["aflow"]))
    for e in fitting:
        s = e["structure"]
        if z_values is not None and round(len(s) / per_unit) not in z_values:
            continue
        for pairs in _decorations(sorted(amounts), s, amounts):
            t = s.copy()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                t.remove_oxidation_states()
                t.replace_species(pairs)
            yield rescale(t), e["label"]
