"""The tools of the potential server. This process never imports torch: engines do."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, ClassVar

import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from crystalyse_common.callmeta import call_meta
from crystalyse_common.errors import typed_errors
from crystalyse_common.progress import report
from crystalyse_common.server import LONG, Server
from crystalyse_common.structures import load_record

from . import battery, libraries, potentials
from .batch import Batch, prescreen, relax_many
from .committee import compare
from .elastic import equation_of_state, stress_of
from .engines import Pool
from .formation import formation_energies
from .hull import energies_above_hull
from .hull_models import HullResult, Thresholds
from .models import BatchResult, EnergyResult, FormationResult, ModelItem, ModelsResult, RelaxResult, ScreenResult
from .potentials.base import sha256_of
from .property_models import BatteryResult, CompareResult, EosResult, StressResult

VERSION = "0.1.0"


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[Pool]:
    """The engines live as long as the server."""
    wanted = os.environ.get("CRYSTALYSE_ENGINES", "")
    pool = Pool(max(1, int(wanted)) if wanted.isdigit() else 2)
    threading.Thread(target=libraries.load, daemon=True).start()
    try:
        yield pool
    finally:
        pool.close()


class MaceServer(Server):
    """The server with the names that other projects use, where they mean the same."""

    aliases: ClassVar[dict[str, str]] = {"list_foundation_models": "list_models", "relax_structure_monitored": "relax_structure"}
    renamed: ClassVar[dict[str, dict[str, str]]] = {
        "relax_structure": {"steps": "max_steps"}, "relax_structures": {"steps": "max_steps"},
        "calculate_formation_energy": {"structure_id": "structure_ids[]"}, "calculate_energy_above_hull": {"structure_id": "structure_ids[]"}}


mcp = MaceServer("mace", version=VERSION, lifespan=lifespan, log_level="WARNING",
                 instructions="Energies, relaxation and formation energies by machine-learned potentials. Every number names its potential.")

StructureID = Annotated[str, Field(min_length=1, max_length=64, description="structure_id of an earlier result")]
PotentialName = Annotated[str, Field(min_length=1, max_length=64, description="auto, or a key of list_models")]
Fmax = Annotated[float, Field(ge=0.001, le=1.0, description="force threshold in eV/angstrom")]
Steps = Annotated[int, Field(ge=1, le=5000, description="optimizer steps at most")]


async def _batch(ctx: Context, potential: str, tool: str) -> Batch:
    await anyio.to_thread.run_sync(libraries.load)
    pool: Any = ctx.request_context.lifespan_context
    return Batch(pool, potentials.resolve(potential), call_meta(ctx), tool, partial(report, ctx))


@mcp.tool()
@typed_errors
async def list_models() -> ModelsResult:
    """List the potentials: which have weights here, their energy level, license and checkpoint hash."""
    items = [ModelItem(
        key=i.key, name=i.name, version=i.version, energy_level=i.energy_level, available=i.available, description=i.description,
        license=i.license, checkpoint_sha256=sha256_of(i.path) if i.available else None, what_to_do=i.what_to_do) for i in potentials.known()]
    return ModelsResult(items=items, default=next((i.key for i in items if i.available), None))


@mcp.tool()
@typed_errors
async def calculate_energy(structure_id: StructureID, ctx: Context, potential: PotentialName = "auto") -> EnergyResult:
    """Compute energy (eV, eV/atom), largest force and stress of a structure as it is, without relaxing it.

    The energy is on the potential's own scale. For formation energies use calculate_formation_energy.
    """
    record = load_record(structure_id)
    batch = await _batch(ctx, potential, "calculate_energy")
    job = batch.job(structure_id, "point") | {"key": batch.meta.key}
    out = await batch.pool.run("energy", batch.info, job)
    numbers = {k: v for k, v in out["result"].items() if k != "stress"}
    return EnergyResult(structure_id=structure_id, formula=record["formula"], potential=out["potential"], **numbers)


@mcp.tool(meta=LONG)
@typed_errors
async def relax_structure(
    structure_id: StructureID, ctx: Context, potential: PotentialName = "auto", fmax: Fmax = 0.03, max_steps: Steps = 500,
    relax_cell: Annotated[bool, Field(description="relax the cell too; false keeps it")] = True,
    checkpoint_interval: Annotated[int, Field(ge=1, le=100, description="steps between checkpoints")] = 5,
) -> RelaxResult:
    """Relax one structure, atoms and cell (FIRE, FrechetCellFilter), to a force threshold.

    For several structures use relax_structures: one call, all cores. Do not rank a result whose converged is false. When the time for it
    is spent it answers with how far it came (cut_short).
    """
    formula = load_record(structure_id)["formula"]
    batch = await _batch(ctx, potential, "relax_structure")
    meta = batch.meta

    async def on_progress(p: dict[str, Any]) -> None:
        await report(ctx, p["step"], float(max_steps),
                     f"relax {formula} step={int(p['step'])} fmax={p['fmax']:.4f} energy={p['energy']:.5f}", p.get("frame"))

    job = batch.job(structure_id, "relax", fmax=fmax, max_steps=max_steps, relax_cell=relax_cell, interval=checkpoint_interval)
    job |= {"folder": str(meta.checkpoint_dir) if meta.checkpoint_dir else None, "key": meta.key, "answer_by": meta.answer_by, "partial": True}
    out = await batch.pool.run("relax", batch.info, job, on_progress)
    return RelaxResult(potential=out["potential"], **out["result"])


@mcp.tool(meta=LONG)
@typed_errors
async def prescreen_structures(
    structure_ids: Annotated[list[StructureID], Field(min_length=1, max_length=200)], ctx: Context, potential: PotentialName = "auto",
    keep: Annotated[int | None, Field(ge=1, le=200, description="return only so many of each composition; null returns all")] = None,
) -> ScreenResult:
    """Rank many structures by their unrelaxed energy (eV/atom), to choose which to relax. Cheap: one evaluation each.

    Use it when there are more candidates than you want to relax; its energies are not results.
    """
    return await prescreen(await _batch(ctx, potential, "prescreen_structures"), structure_ids, keep)


@mcp.tool(meta=LONG)
@typed_errors
async def relax_structures(
    structure_ids: Annotated[list[StructureID], Field(min_length=1, max_length=100)], ctx: Context, potential: PotentialName = "auto",
    fmax: Fmax = 0.05, max_steps: Steps = 200,
    keep_best: Annotated[int | None, Field(ge=1, le=20, description=(
        "relax this many of the lowest of each composition again, to 0.03 eV/angstrom; null does not"))] = None,
) -> BatchResult:
    """Relax many structures (atoms and cell) on all cores, merge those that become equal, rank the converged ones.

    Use this after generate_crystal_csp, in one call for all candidates. With keep_best=3 the lowest ones are refined, and only
    those are ranked: do so before naming a structure or its space group. best_structure_id is the lowest-energy structure found,
    not necessarily the ground state.
    """
    batch = await _batch(ctx, potential, "relax_structures")
    return await relax_many(batch, structure_ids, fmax, max_steps, keep_best)


@mcp.tool(meta=LONG)
@typed_errors
async def calculate_formation_energy(
    structure_ids: Annotated[list[StructureID], Field(min_length=1, max_length=20)], ctx: Context, potential: PotentialName = "auto",
    fmax: Annotated[float, Field(ge=0.001, le=1.0, description="a structure with larger forces (eV/angstrom) is marked as not relaxed")] = 0.1,
) -> FormationResult:
    """Compute formation energies in eV/atom relative to elemental reference phases relaxed with the same potential.

    Give relaxed structures, several in one call. A negative formation energy does not mean stable: that needs the competing phases.
    """
    return await formation_energies(await _batch(ctx, potential, "calculate_formation_energy"), structure_ids, fmax)


@mcp.tool(meta=LONG)
@typed_errors
async def calculate_energy_above_hull(
    structure_ids: Annotated[list[StructureID], Field(min_length=1, max_length=20, description="relaxed structures, by id")], ctx: Context,
    potential: PotentialName = "auto",
    formulas: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]] | None, Field(
        description="what each structure is believed to be; a structure that is not is refused")] = None,
    earlier_structure_ids: Annotated[list[StructureID], Field(max_length=60, description=(
        "relaxed structures of earlier results that belong into the hull, for example other compositions of the system"))] = [],  # noqa: B006
    thresholds: Annotated[Thresholds | None, Field(description="bounds of the verdicts; null takes the configured set")] = None,
    fmax: Annotated[float, Field(ge=0.001, le=1.0, description="a structure with larger forces (eV/angstrom) gets no verdict")] = 0.1,
) -> HullResult:
    """Compute energies above the convex hull (eV/atom), with decomposition and competing phases, of relaxed structures by id.

    The hull is that of one potential: the elements' reference phases, the listed known phases of the system, earlier results you name,
    and the structures given. All are relaxed with the same potential; the first call for a system computes them, later calls reuse them.
    The verdict is "unknown" where an element or a listed known phase is missing. Give all candidates in one call.
    """
    batch = await _batch(ctx, potential, "calculate_energy_above_hull")
    return await energies_above_hull(batch, structure_ids, formulas, earlier_structure_ids, fmax, thresholds)


@mcp.tool()
@typed_errors
async def calculate_stress(structure_id: StructureID, ctx: Context, potential: PotentialName = "auto") -> StressResult:
    """Compute the stress tensor (GPa), pressure, von Mises and shear stress of a structure as it is."""
    return await stress_of(await _batch(ctx, potential, "calculate_stress"), structure_id)


@mcp.tool(meta=LONG)
@typed_errors
async def fit_equation_of_state(
    structure_id: StructureID, ctx: Context, potential: PotentialName = "auto",
    strain_range: Annotated[float, Field(ge=0.01, le=0.1, description="largest change of the lengths")] = 0.03,
    n_points: Annotated[int, Field(ge=5, le=21, description="volumes")] = 7,
    equation: Annotated[str, Field(min_length=1, max_length=30, description="birch_murnaghan, murnaghan or vinet")] = "birch_murnaghan",
) -> EosResult:
    """Fit an equation of state to a relaxed structure: bulk modulus in GPa, its pressure derivative, equilibrium volume.

    The cell keeps its shape, the atoms relax at each volume. Finished volumes are kept when the call is interrupted.
    """
    return await equation_of_state(await _batch(ctx, potential, "fit_equation_of_state"), structure_id, strain_range, n_points, equation)


@mcp.tool(meta=LONG)
@typed_errors
async def compare_models(
    structure_ids: Annotated[list[StructureID], Field(min_length=1, max_length=20)], ctx: Context,
    potentials_to_compare: Annotated[list[PotentialName] | None, Field(max_length=8, description="keys of list_models; null takes all with weights")] = None,
    relax: Annotated[bool, Field(description="let each potential relax the structure first; false compares them on the structure as given")] = False,
) -> CompareResult:
    """Compare formation energies (eV/atom) of several potentials on the same structures, all at one energy level.

    Their spread is disagreement between models, not an error bar. With one potential installed it says that there is none to show.
    """
    await anyio.to_thread.run_sync(libraries.load)
    pool: Any = ctx.request_context.lifespan_context
    meta = call_meta(ctx)

    def make(key: str) -> Batch:
        return Batch(pool, potentials.resolve(key), meta, "compare_models", partial(report, ctx))

    return await compare(make, structure_ids, potentials_to_compare, relax, 1.0)


@mcp.tool(meta=LONG)
@typed_errors
async def battery_metrics(
    ion: Annotated[str, Field(min_length=1, max_length=2, description="mobile ion: Li, Na, K, Mg, Ca, Zn, Al, ...")], ctx: Context,
    formula: Annotated[str | None, Field(min_length=1, max_length=100, description="discharged composition; may be left out with a structure")] = None,
    n: Annotated[float | None, Field(gt=0, le=50, description="electrons per formula unit; null takes all that the ion (or the end members) can give")] = None,
    discharged_structure_id: Annotated[str | None, Field(max_length=64, description="relaxed structure with the ion")] = None,
    charged_structure_id: Annotated[str | None, Field(max_length=64, description="relaxed structure without (some of) it: remove_ion, then relax_structure")] = None,
    potential: PotentialName = "auto",
    fmax: Annotated[float, Field(ge=0.001, le=1.0, description="an end member with larger forces (eV/angstrom) gives no voltage")] = 0.1,
) -> BatteryResult:
    """Compute theoretical capacity (mAh/g, with n stated) and, from two relaxed end members, average voltage (V) and volume change (%).

    The voltage is an energy difference against the metal by the same potential, at 0 K; no plateaus, no kinetics.
    """
    both = discharged_structure_id is not None and charged_structure_id is not None
    batch = await _batch(ctx, potential, "battery_metrics") if both else None
    await anyio.to_thread.run_sync(libraries.load)
    return await battery.metrics(batch, ion, formula, n, discharged_structure_id, charged_structure_id, fmax)
