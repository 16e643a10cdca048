"""The listed known phases: known.toml decorates the structure types of types.toml; crystals.toml; missing.toml has those without a cell."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymatgen.core import Structure

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Known:
    """A known phase.

    Attributes:
        formula: as listed; its elements are those of the phase.
        type: structure type, a key of types.toml, or a name of crystals.toml.
        cell: lattice parameters in angstrom and degrees, as many as the type needs.
        sites: (element, x, y, z) of each independent site.
        source: where the cell comes from.
    """

    formula: str
    type: str
    group: str
    cell: tuple[float, ...]
    sites: tuple[tuple[str, float, float, float], ...]
    source: str

    @property
    def name(self) -> str:
        """For example TiO2-anatase: unique in the table."""
        return f"{self.formula}-{self.type}"

    @property
    def elements(self) -> frozenset[str]:
        """Its elements."""
        return frozenset(s[0] for s in self.sites)

    def structure(self) -> Structure:
        """The primitive starting cell."""
        from pymatgen.core import Structure

        species, coords = [], []
        for el, *xyz in self.sites:
            orbit = _orbit(self.group, xyz)
            species += [el] * len(orbit)
            coords += orbit
        return Structure(lattice(self.cell, self.group), species, coords).get_primitive_structure()


@lru_cache(maxsize=64)
def _operations(group: str) -> tuple[Any, Any]:
    """Rotations and translations; pymatgen derives them anew each time, which takes most of a second."""
    import numpy as np
    from pymatgen.symmetry.groups import SpaceGroup

    ops = list(SpaceGroup(group).symmetry_ops)
    return np.array([o.rotation_matrix for o in ops]), np.array([o.translation_vector for o in ops])


def _orbit(group: str, xyz: list[float]) -> list[list[float]]:
    """The distinct images of a site."""
    import numpy as np

    rotations, translations = _operations(group)
    out: list[Any] = []
    for x in (rotations @ np.array(xyz) + translations) % 1.0:
        if not any(np.abs((x - y + 0.5) % 1.0 - 0.5).max() < 1e-4 for y in out):
            out.append(x)
    return [list(map(float, x)) for x in out]


def lattice(cell: tuple[float, ...], group: str) -> Any:
    """The lattice of a cell given as a | a, c | a, b, c | all six."""
    from pymatgen.core import Lattice

    if len(cell) == 1:
        return Lattice.cubic(cell[0])
    if len(cell) == 2:
        a, c = cell
        three = group[0] == "R" or group[1] in "36" or group[1:3] == "-3" or group[1:3] == "-6"
        return Lattice.hexagonal(a, c) if three else Lattice.tetragonal(a, c)
    return Lattice.orthorhombic(*cell) if len(cell) == 3 else Lattice.from_parameters(*cell)


@lru_cache(maxsize=4)
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text())


def date() -> str:
    """The table's date."""
    return str(_table("known")["date"])


@lru_cache(maxsize=1)
def known_phases() -> tuple[Known, ...]:
    """Every listed phase that has a cell."""
    types = _table("types")
    out = []
    for formula, kind, elements, cell, source, *own in _table("known")["phases"]:
        letters = dict(zip("ABCD", elements.split(), strict=False))
        sites = [(letters[s[0]], *s[1:]) for s in (own[0] if own else types[kind]["sites"])]
        out.append(_known(formula, kind, types[kind]["group"], cell, sites, source))
    return (*out, *(_known(*row) for row in _table("crystals")["phases"]))


def _known(formula: str, kind: str, group: str, cell: list[float], sites: list[Any], source: str) -> Known:
    return Known(formula=formula, type=kind, group=group, cell=tuple(float(x) for x in cell), source=source,
                 sites=tuple((s[0], *(float(x) for x in s[1:])) for s in sites))  # type: ignore[misc]


def phases_of(elements: Iterable[str]) -> list[Known]:
    """The known phases of a chemical system: those with no other elements."""
    system = set(elements)
    return [p for p in known_phases() if p.elements <= system]


@lru_cache(maxsize=1)
def missing_phases() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Phases known to exist that have no cell here: (formula, source, elements)."""
    from pymatgen.core import Composition

    return tuple((formula, group["source"], frozenset(e.symbol for e in Composition(formula)))  # type: ignore[union-attr]
                 for group in _table("missing")["listed"] for formula in group["formulas"].split())


def missing_of(elements: Iterable[str]) -> list[tuple[str, str]]:
    """The phases of a chemical system that are known and have no cell here: (formula, source)."""
    system = set(elements)
    return [(formula, source) for formula, source, own in missing_phases() if own <= system]
