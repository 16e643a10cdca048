"""One search: generate, reject, merge duplicates, store."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

from crystalyse_common.errors import ToolFault
from crystalyse_common.formulas import parse_formula
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import min_distance, put_structure, symmetry

from . import diffusion, prototypes, random_cells
from .models import DeNovoResult, GenerateResult, ModelUsed, Rejected

if TYPE_CHECKING:
    from pymatgen.core import Structure

SYMPREC = 0.01
MAX_BARREN = {"pyxtal": 200, "chemeleon": 100}  # attempts in a row that give nothing new before a source is left
MIN_DISTANCE = 0.9  # angstrom
MIN_OVERLAP = 0.54  # of the sum of the atomic radii
REPORT_EVERY = 0.5  # seconds

Report = Callable[[int, int, str], None]
END = object()  # of a source

# Searches side by side take turns, candidate by candidate. They share one
# interpreter lock, so nothing is lost; and where two threads parse an expression
# at the same time (pyxtal's operations), CPython 3.11 was seen to fail a search with
# "SystemError: AST constructor recursion depth mismatch".
_turn = threading.Lock()


class Cancelled(Exception):
    """The caller has gone away."""


@dataclass(frozen=True)
class Query:
    """What to search for.

    Attributes:
        formula: the composition; its reduced formula is one formula unit.
        num_samples: how many structures to return at most.
        z_values: formula units per cell; None chooses.
        method: auto (prototypes, Chemeleon where its checkpoint is, then random cells to fill up), prototype, chemeleon, pyxtal.
        seed: of the random cells.
        max_atoms: largest cell.
    """

    formula: str
    num_samples: int = 12
    z_values: list[int] | None = None
    method: str = "auto"
    seed: int = 0
    max_atoms: int = 40

    def amounts(self) -> dict[str, int]:
        """Atoms by element of one formula unit.

        Raises:
            ToolFault: invalid_input naming the field.
        """
        from pymatgen.core import Composition

        if "." in self.formula:
            raise ToolFault("invalid_input", f"{self.formula[:60]!r} has fractional amounts; a cell holds whole atoms", "formula",
                            ["multiply it out to whole numbers, for example LiCo2O4 for Li0.5CoO2"])
        target = Composition(parse_formula(self.formula)).reduced_composition
        amounts = {str(el): round(n) for el, n in target.items()}
        size = sum(amounts.values())
        if size > self.max_atoms:
            raise ToolFault("invalid_input", f"one formula unit has {size} atoms, more than max_atoms={self.max_atoms}", "max_atoms",
                            ["raise max_atoms (at most 200)", "choose a simpler formula"])
        if self.z_values and min(self.z_values) * size > self.max_atoms:
            raise ToolFault("invalid_input", f"no number of formula units given fits into {self.max_atoms} atoms", "z_values",
                            ["use smaller numbers of formula units", "raise max_atoms (at most 200)"])
        return amounts

    def sizes(self, amounts: dict[str, int]) -> list[int]:
        """Numbers of formula units worth trying, those that fit."""
        per_unit = sum(amounts.values())
        options = self.z_values or ([1, 2, 4, 8] if per_unit == 1 else [1, 2, 3, 4, 6])
        return [z for z in options if z * per_unit <= self.max_atoms]

    def room(self, origin: str) -> int:
        """How many structures of an origin may be kept.

        Random cells get a share of an automatic search, so that it is not blind
        to what no prototype has.
        """
        if self.method != "auto" or self.num_samples < 8 or origin == "pyxtal":
            return self.num_samples
        quarter = self.num_samples // 4
        if origin == "chemeleon":
            return quarter
        return self.num_samples - quarter * (2 if diffusion.available("csp") else 1)


def short_contact(s: Structure) -> bool:
    """Whether two atoms are closer than their radii, or anything, allows."""
    if min_distance(s) < MIN_DISTANCE:
        return True
    radii = [float(site.specie.atomic_radius or 1.2) for site in s]
    d = s.distance_matrix
    return any(d[i, j] < MIN_OVERLAP * (radii[i] + radii[j]) for i in range(len(s)) for j in range(i + 1, len(s)))


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


Candidate = tuple["Structure", str, str]


def _candidates(q: Query, amounts: dict[str, int]) -> Iterator[tuple[str, Iterator[Candidate | None]]]:
    """The sources in turn, each an origin and a stream of candidates; None is an attempt that failed."""
    if q.method in ("auto", "prototype"):
        yield "prototype", ((s, label, "prototype") for s, label in prototypes.generate(amounts, q.max_atoms, q.z_values))
    if q.method == "chemeleon" or (q.method == "auto" and diffusion.available("csp")):
        yield "chemeleon", (None if f is None else (*f, "chemeleon") for f in diffusion.csp(amounts, q.sizes(amounts), q.seed))
    if q.method in ("auto", "pyxtal"):
        found = random_cells.generate(amounts, q.sizes(amounts), q.max_atoms, q.seed)
        yield "pyxtal", (None if f is None else (*f, "pyxtal") for f in found)


@dataclass
class Search:
    """The state of a search: what was kept, what was rejected and why."""

    query: Query
    amounts: dict[str, int]
    formula: str
    report: Report
    kept: list[StructureRef] = field(default_factory=list)
    keeper: Keeper = field(default_factory=Keeper)
    rejected: dict[str, int] = field(default_factory=lambda: {"short_contact": 0, "composition": 0, "duplicate": 0, "failed": 0})
    by_origin: dict[str, int] = field(default_factory=lambda: {"prototype": 0, "chemeleon": 0, "pyxtal": 0})
    tried: int = 0
    reported: float = 0.0

    def verdict(self, found: Candidate | None) -> str:
        """Why a candidate is rejected; empty when it is kept."""
        if found is None:
            return "failed"
        s = found[0]
        z = len(s) / sum(self.amounts.values())
        if s.composition.get_el_amt_dict() != {el: n * z for el, n in self.amounts.items()}:
            return "composition"
        if short_contact(s):
            return "short_contact"
        return "" if self.keeper.is_new(s) else "duplicate"

    def take(self, found: Candidate | None) -> bool:
        """Judge a candidate, store it if it is kept, tell how far the search is."""
        self.tried += 1
        why = self.verdict(found)
        if why or found is None:
            self.rejected[why] += 1
        else:
            s, label, origin = found
            self.kept.append(put_structure(s, origin=origin, created_by="generate_crystal_csp", label=label,
                                           space_group=symmetry(s, SYMPREC)))
            self.by_origin[origin] += 1
        if time.monotonic() - self.reported > REPORT_EVERY or len(self.kept) == self.query.num_samples:
            self.reported = time.monotonic()
            self.report(len(self.kept), self.query.num_samples,
                        f"generate {self.formula} kept={len(self.kept)} tried={self.tried} rejected={sum(self.rejected.values())}")
        return not why

    def drain(self, origin: str, source: Iterator[Candidate | None], check: Callable[[], None]) -> None:
        """Take candidates of a source until there is enough or nothing new comes."""
        barren = 0
        while True:
            check()
            if self.by_origin[origin] >= self.query.room(origin):
                return
            with _turn:
                found = next(source, END)
                if found is END:
                    return
                kept = self.take(found)  # type: ignore[arg-type]
            barren = 0 if kept else barren + 1
            if len(self.kept) >= self.query.num_samples or barren >= MAX_BARREN.get(origin, barren + 1):
                return


def search(query: Query, report: Report, stop: threading.Event, deadline: float | None = None) -> GenerateResult:
    """Distinct candidate structures of a composition.

    Args:
        query: what to search for.
        report: called with (kept, wanted, text).
        stop: set when the caller has gone away.
        deadline: unix seconds at which to give up.

    Raises:
        Cancelled: when stop is set.
        ToolFault: for bad input, at the deadline, or when nothing was found.
    """
    prototypes.library()  # first of all: it imports what the rest needs
    from pymatgen.core import Composition

    amounts = query.amounts()
    run = Search(query, amounts, Composition(amounts).reduced_formula, report)

    def check() -> None:
        if stop.is_set():
            raise Cancelled
        if deadline is not None and time.time() > deadline:
            raise ToolFault("resource", f"stopped by the deadline after {run.tried} attempts", suggestions=["ask for fewer structures (num_samples)"])

    for origin, source in _candidates(query, amounts):
        run.drain(origin, source, check)
        if len(run.kept) >= query.num_samples:
            break
    if not run.kept:
        raise ToolFault("not_converged", f"no acceptable structure of {run.formula} was found in {run.tried} attempts", "method",
                        ["try another method, more formula units (z_values) or a larger max_atoms"])
    return GenerateResult(
        formula=run.formula, structures=run.kept, n_kept=len(run.kept), n_prototype=run.by_origin["prototype"],
        n_chemeleon=run.by_origin["chemeleon"], n_pyxtal=run.by_origin["pyxtal"], n_tried=run.tried, n_rejected=Rejected(**run.rejected),
        z_values=sorted({r.n_formula_units for r in run.kept}), n_space_groups=len({r.space_group.number for r in run.kept if r.space_group}),
        model=ModelUsed(**diffusion.describe("csp")) if run.by_origin["chemeleon"] else None, method=query.method, seed=query.seed,
        generators={"prototype": f"pymatgen {version('pymatgen')} (AFLOW)", "pyxtal": version("pyxtal")})


def search_de_novo(num_samples: int, elements: list[str], max_atoms: int, seed: int, report: Report, stop: threading.Event, deadline: float | None) -> DeNovoResult:
    """Distinct structures of compositions that the model chooses.

    Raises:
        Cancelled: when stop is set.
        ToolFault: without a checkpoint, at the deadline, or when nothing was found.
    """
    prototypes.library()  # first of all: it imports what the rest needs
    rejected: dict[str, int] = dict.fromkeys(("short_contact", "composition", "duplicate", "failed"), 0)
    kept, keeper, tried, barren = list[StructureRef](), Keeper(), 0, 0
    for found in diffusion.de_novo(max_atoms, seed):
        if stop.is_set():
            raise Cancelled
        if deadline is not None and time.time() > deadline:
            raise ToolFault("resource", f"stopped by the deadline after {tried} attempts", suggestions=["ask for fewer structures (num_samples)"])
        tried += 1
        why = _verdict(found, elements, keeper)
        if why or found is None:
            rejected[why or "failed"] += 1
            barren += 1
        else:
            barren = 0
            kept.append(put_structure(found[0], origin="chemeleon", created_by="generate_de_novo", label=found[1], space_group=symmetry(found[0], SYMPREC)))
        report(len(kept), num_samples, f"generate de novo kept={len(kept)} tried={tried} rejected={sum(rejected.values())}")
        if len(kept) >= num_samples or barren >= MAX_BARREN["chemeleon"]:
            break
    if not kept:
        raise ToolFault("not_converged", f"no acceptable structure was found in {tried} attempts", "elements" if elements else "num_samples",
                        ["allow more elements", "choose compositions with filter_compositions and use generate_crystal_csp"])
    return DeNovoResult(structures=kept, formulas=sorted({r.formula for r in kept}), n_kept=len(kept), n_tried=tried, n_rejected=Rejected(**rejected), seed=seed,
                        model=ModelUsed(**diffusion.describe("dng")))


def _verdict(found: tuple[Structure, str] | None, elements: list[str], keeper: Keeper) -> str:
    """Why a de novo candidate is rejected; empty when it is kept."""
    if found is None:
        return "failed"
    if elements and not {x.symbol for x in found[0].composition} <= set(elements):
        return "composition"
    if short_contact(found[0]):
        return "short_contact"
    return "" if keeper.is_new(found[0]) else "duplicate"
