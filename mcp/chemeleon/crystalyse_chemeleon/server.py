"""The tools of the structure generation server."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, Literal

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from crystalyse_common.errors import ToolFault, typed_errors
from crystalyse_common.server import LONG, Server

from .models import GenerateResult, Generator, GeneratorsResult

VERSION = "0.1.0"


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Read the prototype library while the client is still saying hello."""
    from .prototypes import library

    threading.Thread(target=library, daemon=True).start()
    yield


mcp = Server("chemeleon", version=VERSION, lifespan=lifespan, log_level="WARNING",
             instructions="Generates candidate crystal structures of a composition. They are neither relaxed nor ranked.")


@mcp.tool(meta=LONG)
@typed_errors
async def generate_crystal_csp(
    formula: Annotated[str, Field(min_length=1, max_length=100, description="composition, for example CaTiO3")],
    ctx: Context,
    num_samples: Annotated[int, Field(ge=1, le=200, description="distinct structures to return at most")] = 12,
    z_values: Annotated[list[int] | None, Field(description="formula units per cell; null tries several")] = None,
    method: Annotated[Literal["auto", "chemeleon", "prototype", "pyxtal"], Field(description="auto: prototypes, filled up with random cells")] = "auto",
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="of the random cells; the same seed repeats the search")] = 0,
    max_atoms: Annotated[int, Field(ge=1, le=200, description="largest cell")] = 40,
) -> GenerateResult:
    """Generate distinct candidate crystal structures of a composition, over several cell sizes and space groups.

    Decorated AFLOW prototypes first, then random cells by pyxtal. Short contacts, wrong compositions and duplicates are
    rejected and counted. The structures are NOT relaxed and NOT ranked: pass their ids to relax_structures.
    """
    from .search import Cancelled, search

    if method == "chemeleon":
        raise ToolFault("unavailable", "the Chemeleon generative model is not part of this release", "method",
                        ["use method=auto: prototypes and random cells"])
    stop = threading.Event()

    def report(done: int, total: int, text: str) -> None:
        anyio.from_thread.run(ctx.report_progress, float(done), float(total), text)

    try:
        return await anyio.to_thread.run_sync(
            lambda: search(formula, num_samples, z_values, method, seed, max_atoms, report, stop), abandon_on_cancel=True)
    except anyio.get_cancelled_exc_class():
        stop.set()
        raise
    except Cancelled:
        raise ToolFault("resource", "the search was cancelled") from None


@mcp.tool()
@typed_errors
async def list_generators() -> GeneratorsResult:
    """List the ways this server can generate structures, and which are available here."""
    return GeneratorsResult(items=[
        Generator(name="prototype", available=True, version=version("pymatgen"), description="AFLOW prototypes decorated with the elements, rescaled by DLS volume"),
        Generator(name="pyxtal", available=True, version=version("pyxtal"), description="random structures within compatible space groups, seeded"),
        Generator(name="chemeleon", available=False, version=version("chemeleon-dng"), description="diffusion model for crystal structure prediction",
                  what_to_do="it comes with a later release; use auto until then"),
    ])
