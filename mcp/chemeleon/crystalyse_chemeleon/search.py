"""One search: generate, reject, merge duplicates, store."""

from __future__ import annotations

import itertools
import threading
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING

from crystalyse_common.errors import ToolFault
from crystalyse_common.formulas import parse_formula
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import min_distance, put_structure, symmetry

from . import prototypes, random_cells
from .models import GenerateResult, Rejected

if TYPE_CHECKING:
    from pymatgen.core import Structure

SYMPREC = 0.01
MAX_TRIES = 40  # attempts for each structure asked for


class Cancelled(Exception):
    """The caller has gone away."""


def short_contact(s: Structure) -> bool:
    """Whether two atoms are closer than 0.6 of the sum of their atomic radii, or 0.9 angstrom."""
    radii = [float(site.specie.atomic_radius or 1.2) for site in s]
    if min_distance(s) < 0.9:
        return True
    d = s.distance_matrix
    return any(d[i, j] < 0.6 * (radii[i] + radii[j]) * 0.9 for i in range(len(s)) for j in range(i + 1, len(s)))


class Keeper:
    """Keeps distinct structures; compares only those alike in symmetry and volume."""

    def __init__(self) -> None:
        """Start empty."""
        from pymatgen.analysis.structure_matcher import StructureMatcher

        self.matcher = StructureMatcher(primitive_cell=True, scale=True, attempt_supercell=False)
        self.buckets: dict[tuple[int, int], list[Structure]] = {}

    def is_new(self, s: Structure) -> bool:
        """Whether the structure differs from all kept ones; keeps it if so."""
        group = symmetry(s, 0.1).number
        size = round(s.volume / len(s) / 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            near = [t for k in (size - 1, size, size + 1) for t in self.buckets.get((group, k), [])]
            if any(self.matcher.fit(s, t) for t in near):
                return False
        self.buckets.setdefault((group, size), []).append(s)
        return True


def default_z(amounts: dict[str, int], max_atoms: int) -> list[int]:
    """Numbers of formula units worth trying: 1, 2, 4 where they fit; more for elements."""
    per_unit = sum(amounts.values())
    options = [1, 2, 4, 8] if per_unit == 1 else [1, 2, 3, 4, 6]
    return [z for z in options if z * per_unit <= max_atoms] or [1]


def _candidates(amounts: dict[str, int], method: str, z: list[int], z_given: bool, max_atoms: int, num: int, seed: int) -> Iterator[tuple[Structure, str, str] | None]:
    if method in ("auto", "prototype"):
        for s, label in prototypes.generate(amounts, max_atoms, z if z_given else None):
            yield s, label, "prototype"
    if method in ("auto", "pyxtal"):
        for found in itertools.islice(random_cells.generate(amounts, z, max_atoms, seed), num * MAX_TRIES):
            yield None if found is None else (*found, "pyxtal")


def search(formula: str, num_samples: int, z_values: list[int] | None, method: str, seed: int, max_atoms: int,
           report: Callable[[int, int, str], None], stop: threading.Event) -> GenerateResult:
    """Distinct candidate structures of a composition.

    Args:
        formula: the composition; its reduced formula is one formula unit.
        num_samples: how many structures to return at most.
        z_values: formula units per cell; None chooses.
        method: auto (prototypes, then random cells to fill up), prototype, pyxtal.
        seed: of the random cells.
        max_atoms: largest cell.
        report: called with (kept, wanted, text).
        stop: set when the caller has gone away.
    """
    from pymatgen.core import Composition

    target = Composition(parse_formula(formula)).reduced_composition
    amounts = {str(el): round(n) for el, n in target.items()}
    per_unit = sum(amounts.values())
    if per_unit > max_atoms:
        raise ToolFault("invalid_input", f"one formula unit has {per_unit} atoms, more than max_atoms={max_atoms}", "max_atoms", ["raise max_atoms (at most 200)"])
    z = z_values or default_z(amounts, max_atoms)
    if min(z) < 1 or min(z) * per_unit > max_atoms:
        raise ToolFault("invalid_input", f"no value of z_values fits into {max_atoms} atoms", "z_values", ["use smaller numbers of formula units"])
    keeper, refs = Keeper(), []
    counts = {"short_contact": 0, "composition": 0, "duplicate": 0, "failed": 0}
    by_origin = {"prototype": 0, "pyxtal": 0}
    tried = 0
    # Random cells get a share of an automatic search, so that it is not blind to
    # what no prototype has.
    room = {"prototype": num_samples - num_samples // 4 if method == "auto" and num_samples >= 8 else num_samples, "pyxtal": num_samples}
    for found in _candidates(amounts, method, z, z_values is not None, max_atoms, num_samples, seed):
        if stop.is_set():
            raise Cancelled
        tried += 1
        if found is None:
            counts["failed"] += 1
            continue
        s, label, origin = found
        if by_origin[origin] >= room[origin]:
            tried -= 1
            continue
        if s.composition.reduced_formula != target.reduced_formula:
            counts["composition"] += 1
        elif short_contact(s):
            counts["short_contact"] += 1
        elif not keeper.is_new(s):
            counts["duplicate"] += 1
        else:
            refs.append(_store(s, label, origin))
            by_origin[origin] += 1
            report(len(refs), num_samples, f"{target.reduced_formula}: kept={len(refs)} tried={tried}")
            if len(refs) >= num_samples:
                break
    if not refs:
        raise ToolFault("not_converged", f"no acceptable structure of {target.reduced_formula} was found in {tried} attempts", "method",
                        ["try another method, more formula units (z_values) or a larger max_atoms"])
    return GenerateResult(
        formula=target.reduced_formula, structures=refs, n_kept=len(refs), n_prototype=by_origin["prototype"], n_pyxtal=by_origin["pyxtal"],
        n_tried=tried, n_rejected=Rejected(**counts), z_values=sorted({r.n_formula_units for r in refs}), method=method, seed=seed,
        generators={"prototype": f"pymatgen {version('pymatgen')} (AFLOW)", "pyxtal": version("pyxtal")})


def _store(s: Structure, label: str, origin: str) -> StructureRef:
    return put_structure(s, origin=origin, created_by="generate_crystal_csp", label=label, space_group=symmetry(s, SYMPREC))
