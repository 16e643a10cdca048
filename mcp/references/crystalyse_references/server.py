"""The tools of the references server."""

from __future__ import annotations

import threading
from typing import Annotated, Literal

import anyio.to_thread
from pydantic import Field

from crystalyse_common.errors import typed_errors
from crystalyse_common.server import LONG, Server

from . import search as phases
from .models import DiagramResult, PhasesResult

VERSION = "0.1.0"
_one = threading.Lock()  # pymatgen is imported by one thread

mcp = Server("references", version=VERSION, log_level="WARNING",
             instructions="Phases that are known, from the bundled list, OPTIMADE databases and Materials Project.")

Elements = Annotated[list[Annotated[str, Field(min_length=1, max_length=3)]], Field(min_length=1, max_length=6, description="the chemical system, for example Fe, O")]


@mcp.tool(meta=LONG)
@typed_errors
async def search_reference_phases(
    elements: Elements,
    sources: Annotated[list[Literal["bundled", "optimade", "materials_project"]], Field(
        min_length=1, description="bundled needs no network; optimade and materials_project (with MP_API_KEY) do")] = ["bundled"],  # noqa: B006
) -> PhasesResult:
    """List known phases of a chemical system with their structures, by source. A source that fails is named; the others stand.

    Database energies are at the database's level: cite them as such, never compare them with a potential's.
    """
    def run() -> PhasesResult:
        with _one:
            return phases.search(elements, list(sources))

    return await anyio.to_thread.run_sync(run)


@mcp.tool()
@typed_errors
async def get_phase_diagram(
    elements: Elements,
    source: Annotated[Literal["bundled", "materials_project"], Field(description="bundled: known phases by a potential; materials_project: with MP_API_KEY")] = "bundled",
    potential: Annotated[str, Field(min_length=1, max_length=64, description="of the bundled diagram")] = "chgnet",
) -> DiagramResult:
    """Give the phase diagram of a system from one source at one energy level: stable phases, energies above the hull.

    The bundled diagram uses energies that calculate_energy_above_hull has computed and kept; call that first.
    """
    def run() -> DiagramResult:
        with _one:
            return phases.diagram(elements, source, potential)

    return await anyio.to_thread.run_sync(run)
