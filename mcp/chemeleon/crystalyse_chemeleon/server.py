"""The tools of the structure generation server."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, Literal

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from crystalyse_common import toollog
from crystalyse_common.callmeta import call_meta
from crystalyse_common.errors import ToolFault, typed_errors
from crystalyse_common.server import LONG, Server

from . import kept
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


Units = Annotated[int, Field(ge=1, le=200)]


@mcp.tool(meta=LONG)
@typed_errors
async def generate_crystal_csp(
    formula: Annotated[str, Field(min_length=1, max_length=100, description="composition in whole numbers, for example CaTiO3 or Si")],
    ctx: Context,
    num_samples: Annotated[int, Field(ge=1, le=200, description="distinct structures to return at most")] = 12,
    z_values: Annotated[list[Units] | None, Field(min_length=1, max_length=20, description=(
        "formula units per cell; those that do not fit into max_atoms are left out; null tries several"))] = None,
    method: Annotated[Literal["auto", "chemeleon", "prototype", "pyxtal"], Field(
        description="auto: known structure types, then random cells to fill up")] = "auto",
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="of the random cells; the same seed repeats the search")] = 0,
    max_atoms: Annotated[int, Field(ge=1, le=200, description="largest cell")] = 40,
) -> GenerateResult:
    """Generate distinct candidate crystal structures of a composition (elements to quaternaries and beyond).

    Decorated AFLOW prototypes first, common structure types leading, then random cells by pyxtal over several cell sizes and
    space groups. Short contacts, wrong compositions and duplicates are rejected and counted. The structures are NOT relaxed and
    NOT ranked: pass all their ids to relax_structures in one call.
    """
    from .search import Query, search

    if method == "chemeleon":
        raise ToolFault("unavailable", "the Chemeleon model is not available yet: it comes with the Science release", "method",
                        ["use method=auto: prototypes and random cells"])
    meta = call_meta(ctx)
    query = Query(formula, num_samples, z_values, method, seed, max_atoms)
    if (done := kept.load(meta, query)) is not None:
        return done
    toollog.write("start", "generate_crystal_csp", meta.key)
    result = await _in_thread(ctx, lambda report, stop: search(query, report, stop, meta.deadline))
    kept.save(meta, query, result)
    toollog.write("success", "generate_crystal_csp", meta.key)
    return result


async def _in_thread(ctx: Context, work: Callable[[Callable[[int, int, str], None], threading.Event], GenerateResult]) -> GenerateResult:
    """Run a search beside the event loop; a cancelled call stops it at its next candidate."""
    stop = threading.Event()

    def report(done: int, total: int, text: str) -> None:
        if not stop.is_set():
            anyio.from_thread.run(ctx.report_progress, float(done), float(total), text)

    try:
        return await anyio.to_thread.run_sync(work, report, stop, abandon_on_cancel=True)
    except anyio.get_cancelled_exc_class():
        stop.set()
        toollog.write("cancelled", "generate_crystal_csp", call_meta(ctx).key)
        raise


@mcp.tool()
@typed_errors
async def list_generators() -> GeneratorsResult:
    """List the ways this server can generate structures, and which are available here."""
    return GeneratorsResult(items=[
        Generator(name="prototype", available=True, version=version("pymatgen"),
                  description="AFLOW prototypes decorated with the elements, rescaled by DLS volume"),
        Generator(name="pyxtal", available=True, version=version("pyxtal"), description="random structures within compatible space groups, seeded"),
        Generator(name="chemeleon", available=False, version=version("chemeleon-dng"), description="diffusion model for crystal structure prediction",
                  what_to_do="it comes with the Science release; use method=auto until then"),
    ])
