"""The tools of the structure generation server."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from crystalyse_common import toollog
from crystalyse_common.callmeta import call_meta
from crystalyse_common.errors import ToolFault, typed_errors
from crystalyse_common.server import LONG, Server

from . import diffusion
from .models import DeNovoResult, GenerateResult, Generator, GeneratorsResult

VERSION = "0.1.0"


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Read the prototype library while the client is still saying hello."""
    from .prototypes import library

    threading.Thread(target=library, daemon=True).start()
    yield


class ChemeleonServer(Server):
    """The server with the names that other projects use, where they mean the same."""

    aliases: ClassVar[dict[str, str]] = {"generate_crystal_structure": "generate_crystal_csp", "get_model_info": "list_generators"}
    renamed: ClassVar[dict[str, dict[str, str]]] = {"generate_crystal_csp": {"composition": "formula"}}


mcp = ChemeleonServer("chemeleon", version=VERSION, lifespan=lifespan, log_level="WARNING",
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
        description="auto: known structure types, then the Chemeleon model where it is installed, then random cells")] = "auto",
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="of the random cells; the same seed repeats the search")] = 0,
    max_atoms: Annotated[int, Field(ge=1, le=200, description="largest cell")] = 40,
) -> GenerateResult:
    """Generate distinct candidate crystal structures of a composition (elements to quaternaries and beyond).

    Decorated AFLOW prototypes first, common structure types leading, then Chemeleon (where its checkpoint is) and random cells by
    pyxtal over several cell sizes and space groups. Short contacts, wrong compositions and duplicates are rejected and counted. The structures are NOT relaxed and
    NOT ranked: pass all their ids to relax_structures in one call.
    """
    from .search import Query, search

    if method == "chemeleon" and not diffusion.available("csp"):
        raise ToolFault("unavailable", "Chemeleon has no checkpoint here", "method", ["use method=auto: prototypes and random cells", diffusion.WHAT_TO_DO])
    meta = call_meta(ctx)
    query = Query(formula, num_samples, z_values, method, seed, max_atoms)
    toollog.write("start", "generate_crystal_csp", meta.key)
    return await _in_thread(ctx, lambda report, stop: search(query, report, stop, meta.deadline))


T = TypeVar("T")


async def _in_thread(ctx: Context, work: Callable[[Callable[[int, int, str], None], threading.Event], T]) -> T:
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
        *(_chemeleon(task, words) for task, words in (("csp", "places the atoms of a given composition"), ("dng", "chooses the composition too"))),
    ])


def _chemeleon(task: str, words: str) -> Generator:
    """What list_generators says of one of Chemeleon's checkpoints."""
    ready = diffusion.available(task)
    return Generator(name="chemeleon" if task == "csp" else "chemeleon de novo", available=ready, version=version("chemeleon-dng"),
                     description=f"diffusion model: {words}", what_to_do=None if ready else diffusion.WHAT_TO_DO)


@mcp.tool(meta=LONG)
@typed_errors
async def generate_de_novo(
    ctx: Context,
    num_samples: Annotated[int, Field(ge=1, le=100, description="distinct structures to return at most")] = 8,
    elements: Annotated[list[Annotated[str, Field(min_length=1, max_length=3)]], Field(max_length=20, description="allowed elements; empty allows all")] = [],  # noqa: B006
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="the same seed repeats the generation")] = 0,
    max_atoms: Annotated[int, Field(ge=1, le=20, description="largest cell")] = 20,
) -> DeNovoResult:
    """Generate crystals whose compositions the Chemeleon model chooses. NOT relaxed, NOT ranked, not checked for charge balance.

    Needs the dng checkpoint. For compositions you choose, use filter_compositions and generate_crystal_csp.
    """
    from pymatgen.core import Element

    from .search import search_de_novo

    for i, el in enumerate(elements):
        if not Element.is_valid_symbol(el):
            raise ToolFault("invalid_input", f"{el!r} is no element symbol", f"elements.{i}", ["write symbols such as Na, Fe, O"])
    if not diffusion.available("dng"):
        raise ToolFault("unavailable", "Chemeleon has no de novo checkpoint here", None,
                        ["choose compositions with filter_compositions and use generate_crystal_csp", diffusion.WHAT_TO_DO])
    meta = call_meta(ctx)
    return await _in_thread(ctx, lambda report, stop: search_de_novo(num_samples, elements, max_atoms, seed, report, stop, meta.deadline))
