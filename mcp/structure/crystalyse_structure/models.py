"""Results of the structure server."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Artifact, Finite, Result, StructureRef, unit


class ScanEntry(Result):
    """The space group found at one tolerance."""

    symprec: Finite = unit("angstrom", "distance tolerance in angstrom")
    space_group_symbol: str
    space_group_number: int = unit("", "international number", "space_group_number")


class Conventional(Result):
    """The conventional standard cell at the reported tolerance."""

    lattice_a: Finite = unit("angstrom", "a of the conventional standard cell", "lattice_a")
    lattice_b: Finite = unit("angstrom", "b of the conventional standard cell", "lattice_b")
    lattice_c: Finite = unit("angstrom", "c of the conventional standard cell", "lattice_c")
    lattice_alpha: Finite = unit("degree", "alpha of the conventional standard cell", "lattice_alpha")
    lattice_beta: Finite = unit("degree", "beta of the conventional standard cell", "lattice_beta")
    lattice_gamma: Finite = unit("degree", "gamma of the conventional standard cell", "lattice_gamma")
    volume: Finite = unit("angstrom^3", "volume of the conventional standard cell")
    n_atoms: int = unit("", "atoms in the conventional standard cell")


class WyckoffSite(Result):
    """One set of symmetry-equivalent atoms."""

    element: str
    letter: str = Field(description="multiplicity and Wyckoff letter, for example 4a")
    count: int = unit("", "atoms in the conventional cell")


class SpaceGroupResult(Result):
    """Symmetry of a structure over a scan of tolerances."""

    structure_id: str
    formula: str
    space_group_symbol: str
    space_group_number: int = unit("", "international number", "space_group_number")
    symprec: Finite = unit("angstrom", "the tolerance the reported group and cell belong to")
    crystal_system: str
    note: str | None = Field(description="why this tolerance is reported, when the scan disagrees")
    scan: list[ScanEntry]
    conventional: Conventional
    wyckoff: list[WyckoffSite]
    volume_per_atom: Finite = unit("angstrom^3/atom", "cell volume per atom", "volume_per_atom")
    density: Finite = unit("g/cm^3", "density from the cell and standard atomic masses", "density")


class CoordinationItem(Result):
    """The environment of an element, averaged over its sites."""

    element: str
    n_sites: int = unit("", "sites of the element in the cell")
    coordination_number: Finite = unit("", "mean number of neighbors (CrystalNN)", "coordination_number")
    coordination_min: int = unit("", "smallest coordination number of a site")
    coordination_max: int = unit("", "largest coordination number of a site")
    neighbors: dict[str, Finite] = Field(description="mean number of neighbors by element")
    bond_length_min: Finite = unit("angstrom", "shortest bond in angstrom")
    bond_length_mean: Finite = unit("angstrom", "mean bond length in angstrom", "bond_length")
    bond_length_max: Finite = unit("angstrom", "longest bond in angstrom")


class CoordinationResult(Result):
    """Coordination of every element by CrystalNN."""

    structure_id: str
    formula: str
    method: str
    items: list[CoordinationItem]


class ParseResult(Result):
    """A structure read from text and stored."""

    structures: list[StructureRef]
    format: str
    n_bonds: int = unit("", "bonds found by CrystalNN, periodic images included")
    warnings: list[str]


class ConvertResult(Result):
    """A structure written to a file of the artifact folder."""

    structure_id: str
    format: str
    path: str = Field(description="path relative to the artifact folder")
    n_bytes: int = unit("byte", "size of the file")
    artifacts: list[Artifact]
