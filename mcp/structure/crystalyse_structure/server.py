"""The tools of the structure server."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import anyio
from pydantic import Field

from crystalyse_common.errors import typed_errors
from crystalyse_common.server import Server

# Imported here, in one thread: two tools importing pymatgen at the same time
# meet a half-initialized module.
from . import bonds, diffraction, formats, matching, oxidation, removal, substitution, symmetry
from .analysis_models import MatchResult, NoveltyResult, OxidationResult, RemoveResult, SubstituteResult, XrdResult
from .models import ConvertResult, CoordinationResult, ParseResult, SpaceGroupResult

VERSION = "0.1.0"


class StructureServer(Server):
    """The server with the names that other projects use, where they mean the same."""

    renamed: ClassVar[dict[str, dict[str, str]]] = {"analyze_space_group": {"symprec": "symprecs[]"}, "parse_structure": {"cif_content": "content"}}


mcp = StructureServer("structure", version=VERSION, log_level="WARNING",
                      instructions="Symmetry, coordination and conversion of stored crystal structures; structures travel by id.")

StructureID = Annotated[str, Field(min_length=1, max_length=64, description="structure_id of an earlier result")]


@mcp.tool()
@typed_errors
async def analyze_space_group(
    structure_id: StructureID,
    symprecs: Annotated[list[float], Field(min_length=1, max_length=10, description="tolerances in angstrom")] = [0.001, 0.01, 0.1],  # noqa: B006
) -> SpaceGroupResult:
    """Find the space group of a structure over a scan of tolerances (spglib), with its conventional standard cell.

    Gives lattice_a ... in angstrom of the conventional cell at the reported symprec, Wyckoff positions, volume per atom
    and density. Use it on the relaxed structure.
    """
    return await anyio.to_thread.run_sync(lambda: symmetry.analyze(structure_id, symprecs))


@mcp.tool()
@typed_errors
async def analyze_coordination(structure_id: StructureID) -> CoordinationResult:
    """Count the neighbors of each element (CrystalNN) with bond lengths in angstrom, for example Na 6, Cl 6 in rock salt."""
    return await anyio.to_thread.run_sync(lambda: bonds.coordination(structure_id))


@mcp.tool()
@typed_errors
async def parse_structure(
    content: Annotated[str, Field(min_length=1, max_length=1_000_000, description="the text of a structure file")],
    format: Literal["auto", "cif", "poscar", "xyz", "json"] = "auto",
) -> ParseResult:
    """Read a crystal structure from the text of a CIF, POSCAR, extended XYZ or JSON file and store it, with CrystalNN bonds."""
    return await anyio.to_thread.run_sync(lambda: formats.parse(content, format))


@mcp.tool()
@typed_errors
async def convert_structure(structure_id: StructureID, format: Literal["cif", "poscar", "xyz", "json", "annotations"]) -> ConvertResult:
    """Write a stored structure as a CIF, POSCAR, extended XYZ or JSON file; gives the file's path, not its text.

    The format annotations is for viewers: bonds, space group and Wyckoff letters as JSON.
    """
    return await anyio.to_thread.run_sync(lambda: formats.convert(structure_id, format))


@mcp.tool()
@typed_errors
async def validate_oxidation_states(structure_id: StructureID) -> OxidationResult:
    """Assign oxidation states to the sites of a structure and check them against bond valence sums."""
    return await anyio.to_thread.run_sync(lambda: oxidation.validate(structure_id))


@mcp.tool()
@typed_errors
async def match_structures(
    structure_ids: Annotated[list[StructureID], Field(min_length=2, max_length=100)],
    scale_volume: Annotated[bool, Field(description="compare shapes at equal volume")] = True,
) -> MatchResult:
    """Group structures that are the same crystal (StructureMatcher), with the displacement between them."""
    return await anyio.to_thread.run_sync(lambda: matching.match(structure_ids, scale_volume))


@mcp.tool()
@typed_errors
async def novelty(
    structure_ids: Annotated[list[StructureID], Field(min_length=1, max_length=50)],
    reference_ids: Annotated[list[StructureID], Field(max_length=200, description="further structures of the set, for example database hits")] = [],  # noqa: B006
    set_name: Annotated[str | None, Field(max_length=80, description="what the further structures are")] = None,
) -> NoveltyResult:
    """Tell whether structures are in a named, dated set: the bundled list of known phases, and the structures you add.

    "Not in this set" is the strongest claim that can be made; it is not a claim of a new material.
    """
    return await anyio.to_thread.run_sync(lambda: matching.novelty(structure_ids, reference_ids, set_name))


@mcp.tool()
@typed_errors
async def simulate_xrd(
    structure_id: StructureID,
    radiation: Annotated[str, Field(min_length=1, max_length=10, description="CuKa, CuKa1, MoKa, CoKa, ...")] = "CuKa",
    two_theta_max: Annotated[float, Field(gt=1, le=179, description="largest angle in degrees")] = 90.0,
) -> XrdResult:
    """Simulate the powder X-ray pattern of a structure: angles in degrees, intensities in %, the whole pattern as a CSV file."""
    return await anyio.to_thread.run_sync(lambda: diffraction.simulate(structure_id, radiation, two_theta_max))


@mcp.tool()
@typed_errors
async def remove_ion(
    structure_id: StructureID,
    element: Annotated[str, Field(min_length=1, max_length=3, description="the mobile ion, for example Na")],
    sites: Annotated[Literal["all", "each_set"], Field(description="all: every atom of the element; each_set: one structure for each symmetry-equivalent set")] = "all",
) -> RemoveResult:
    """Make the charged end member of an electrode: the structure without its mobile ion. Relax it, then use battery_metrics."""
    return await anyio.to_thread.run_sync(lambda: removal.remove(structure_id, element, sites))


@mcp.tool()
@typed_errors
async def substitute_elements(
    structure_id: StructureID,
    replacements: Annotated[dict[str, str], Field(min_length=1, max_length=6, description="old -> new element, for example Fe: Mn")],
) -> SubstituteResult:
    """Put other elements on the sites of a structure: a known type as the start for a composition that has none. Relax it next.

    The cell is given the volume that the new elements let expect. All atoms of an element are replaced: no doping.
    """
    return await anyio.to_thread.run_sync(lambda: substitution.substitute(structure_id, replacements))
