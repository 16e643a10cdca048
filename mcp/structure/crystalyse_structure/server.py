"""The tools of the structure server."""

from __future__ import annotations

from typing import Annotated, Literal

import anyio
from pydantic import Field

from crystalyse_common.errors import typed_errors
from crystalyse_common.server import Server

# Imported here, in one thread: two tools importing pymatgen at the same time
# meet a half-initialized module.
from . import bonds, formats, symmetry
from .models import ConvertResult, CoordinationResult, ParseResult, SpaceGroupResult

VERSION = "0.1.0"

mcp = Server("structure", version=VERSION, log_level="WARNING",
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
async def convert_structure(structure_id: StructureID, format: Literal["cif", "poscar", "xyz", "json"]) -> ConvertResult:
    """Write a stored structure as a CIF, POSCAR, extended XYZ or JSON file; gives the file's path, not its text."""
    return await anyio.to_thread.run_sync(lambda: formats.convert(structure_id, format))
