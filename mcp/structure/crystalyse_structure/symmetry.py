"""Space group over a scan of tolerances, with the conventional standard cell."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure, symmetry

from .models import Conventional, ScanEntry, SpaceGroupResult, WyckoffSite

if TYPE_CHECKING:
    from pymatgen.core import Structure

DEFAULT_SCAN = [0.001, 0.01, 0.1]
TIGHT, LOOSE = 0.01, 0.1


def reported_symprec(scan: list[ScanEntry], relaxed: bool) -> tuple[float, str | None]:
    """The tolerance to report, and why when the scan disagrees.

    A relaxation stops at a force threshold, so its atoms sit a little off their
    ideal positions: there the looser tolerance is the honest one to name.
    """
    numbers = {e.symprec: e.space_group_number for e in scan}
    values = sorted(numbers)
    tight = min(values, key=lambda s: abs(s - TIGHT))
    loose = min(values, key=lambda s: abs(s - LOOSE))
    if numbers[tight] == numbers[loose]:
        return tight, None
    if relaxed:
        return loose, "the structure was relaxed to a force threshold, so the looser tolerance is reported; the scan shows the tighter ones"
    return tight, "the scan disagrees: a looser tolerance gives another group"


def is_relaxed(record: dict[str, Any]) -> bool:
    """Whether the atoms come from a relaxation, as far as the asker knows."""
    return record["origin"] in ("relaxed", "reference")


def analyze(structure_id: str, symprecs: list[float]) -> SpaceGroupResult:
    """Symmetry of a stored structure."""
    record = load_record(structure_id)
    s = load_structure(structure_id)
    scan = []
    for i, p in enumerate(symprecs):
        if not 1e-5 <= p <= 1.0:
            raise ToolFault("invalid_input", f"{p} is out of range", f"symprecs.{i}", ["use tolerances between 0.00001 and 1 angstrom"])
        g = symmetry(s, p)
        scan.append(ScanEntry(symprec=p, space_group_symbol=g.symbol, space_group_number=g.number))
    best, note = reported_symprec(scan, is_relaxed(record))
    analyzer = SpacegroupAnalyzer(s, symprec=best)
    group = symmetry(s, best)
    return SpaceGroupResult(
        structure_id=structure_id, formula=record["formula"], space_group_symbol=group.symbol, space_group_number=group.number,
        symprec=best, crystal_system=str(analyzer.get_crystal_system()), note=note, scan=scan,
        conventional=_conventional(analyzer.get_conventional_standard_structure()), wyckoff=_wyckoff(analyzer),
        volume_per_atom=s.volume / len(s), density=float(s.density))


def _conventional(c: Structure) -> Conventional:
    m = c.lattice
    return Conventional(lattice_a=m.a, lattice_b=m.b, lattice_c=m.c, lattice_alpha=m.alpha, lattice_beta=m.beta,
                        lattice_gamma=m.gamma, volume=m.volume, n_atoms=len(c))


def _wyckoff(analyzer: object) -> list[WyckoffSite]:
    sym = analyzer.get_symmetrized_structure()  # type: ignore[attr-defined]
    ratio = len(analyzer.get_conventional_standard_structure()) / len(sym)  # type: ignore[attr-defined]
    out: Counter[tuple[str, str]] = Counter()
    for sites, symbol in zip(sym.equivalent_sites, sym.wyckoff_symbols, strict=True):
        n = round(len(sites) * ratio)
        out[(sites[0].specie.symbol, f"{n}{symbol[-1]}")] += n
    return [WyckoffSite(element=el, letter=letter, count=n) for (el, letter), n in sorted(out.items())]
