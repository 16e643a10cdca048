"""Many structures in one call: members run on all engines, one task stream."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable
from typing import Any, Protocol

import anyio

from crystalyse_common.callmeta import CallMeta
from crystalyse_common.errors import ToolFault
from crystalyse_common.models import Potential
from crystalyse_common.structures import load_record

from .engines import EngineLost, OutOfTime, Pool
from .models import BatchResult, ScreenItem, ScreenResult
from .potentials.base import PotentialInfo
from .ranking import assemble, merge, ranks

TIGHT_FMAX, TIGHT_STEPS = 0.03, 500
COARSE_SHARE = 0.65  # of the time that is given, the first pass may take; the rest is for relaxing the best again
FRAMES_PER_SECOND = 4.0  # of all members together; one is shown twice a second at most


class Report(Protocol):
    """Tells the caller how far a call is, and what the atoms look like."""

    def __call__(self, progress: float, total: float, message: str, frame: dict[str, Any] | None = None) -> Awaitable[None]:
        """Send one report."""
        ...


def distinct(ids: list[str]) -> list[str]:
    """Ids once each, all of them readable."""
    out = list(dict.fromkeys(ids))
    for i, sid in enumerate(out):
        load_record(sid, f"structure_ids.{i}")
    return out


class Batch:
    """The shared course of a batch: which members are done, and what to tell."""

    def __init__(self, pool: Pool, info: PotentialInfo, meta: CallMeta, tool: str, report: Report):
        """Nothing has run yet."""
        self.pool, self.info, self.meta, self.tool, self.report = pool, info, meta, tool, report
        self.potential: dict[str, str] | None = None
        self.done = 0.0
        self.total = 1.0

    def job(self, sid: str, stage: str, **extra: Any) -> dict[str, Any]:
        """The engine's job of a member; its checkpoints have a folder of their own."""
        name = hashlib.sha256(f"{sid}/{stage}".encode()).hexdigest()[:16]
        folder = self.meta.checkpoint_dir / f"{stage}-{name}" if self.meta.checkpoint_dir else None
        return {"structure_id": sid, "key": f"{self.meta.key}/{stage}/{sid}" if self.meta.key else "", "tool": self.tool, "label": load_record(sid).get("label"),
                "folder": str(folder) if folder else None, "fence": self.meta.fence, "deadline": self.meta.deadline,
                "frame_every": max(0.5, self.pool.size / FRAMES_PER_SECOND), **extra}

    async def member(self, op: str, job: dict[str, Any], name: str) -> dict[str, Any] | None:
        """Run a member; its own failure is a result, the batch's end is not; None when its time was up."""
        async def on_progress(p: dict[str, Any]) -> None:
            await self.report(self.done, self.total, f"{verb} {name} member={int(self.done) + 1} members={int(self.total)} "
                              f"step={int(p['step'])} fmax={p['fmax']:.4f} energy={p['energy']:.5f}", p.get("frame"))

        verb = "relax" if op == "relax" else "evaluate"
        try:
            try:
                out = await self.pool.run(op, self.info, job, on_progress)
            except EngineLost:
                # Once more, from its checkpoint: often it was the neighbor that took the memory.
                out = await self.pool.run(op, self.info, job, on_progress)
        except OutOfTime:
            return None
        except ToolFault as fault:
            ends_all = fault.code in ("stale_fence", "resource", "unavailable") and not isinstance(fault, EngineLost)
            if ends_all or fault.field == "potential":
                raise
            result = {"error": fault.message}
        else:
            self.potential = out["potential"]
            result = out["result"]
        self.done += 1
        await self.report(self.done, self.total, f"{verb} {name} done={int(self.done)} members={int(self.total)}")
        return result

    def used(self, results: dict[str, dict[str, Any]]) -> Potential:
        """The potential that computed the members; an error when none could be computed."""
        if self.potential is None:
            why = next((r["error"] for r in results.values() if "error" in r), "no member was given")
            raise ToolFault("not_converged", f"no structure could be evaluated: {why}", "structure_ids", ["generate other structures"])
        return Potential.model_validate(self.potential)

    async def all(self, op: str, jobs: dict[str, dict[str, Any]], until: float | None = None, firm: bool = True) -> dict[str, dict[str, Any]]:
        """Run members side by side; the first real failure ends the rest.

        From `until` on no member is started any more, and those that run are given up: they are not in the
        results. With `firm`, the first to start is taken to its end all the same, so that there is a result.
        """
        results: dict[str, dict[str, Any]] = {}
        failure: list[ToolFault] = []
        started = not firm
        # A batch never queues more than the engines, so that a short call waits for one member, not for all.
        places = anyio.Semaphore(self.pool.size)

        async def one(sid: str, job: dict[str, Any], scope: anyio.CancelScope) -> None:
            nonlocal started
            try:
                async with places:
                    if started and until is not None:
                        if time.time() > until:
                            return
                        job |= {"answer_by": until}
                    started = True
                    if self.meta.deadline is not None and time.time() > self.meta.deadline:
                        raise ToolFault("resource", f"stopped by the deadline after {int(self.done)} of {len(jobs)} members; they are kept",
                                        suggestions=["raise the wall time limit to let it go on"])
                    if (out := await self.member(op, job, load_record(sid)["formula"])) is not None:
                        results[sid] = out
            except ToolFault as fault:
                failure.append(fault)
                scope.cancel()

        async with anyio.create_task_group() as tg:
            for sid, job in jobs.items():
                tg.start_soon(one, sid, job, tg.cancel_scope)
        if failure:
            raise failure[0]
        return results


async def prescreen(batch: Batch, ids: list[str], keep: int | None) -> ScreenResult:
    """Unrelaxed energies, lowest first."""
    ids = distinct(ids)
    batch.total = len(ids)
    results = await batch.all("energy", {sid: batch.job(sid, "screen") for sid in ids})
    formula = {sid: load_record(sid)["formula"] for sid in ids}
    good = {s: (formula[s], results[s]["energy_per_atom"]) for s in ids if "error" not in results[s]}
    rank = ranks(good)
    shown = [s for s in sorted(good, key=lambda s: (rank[s], good[s])) if keep is None or rank[s] <= keep]
    if keep is None:
        shown += [s for s in ids if s not in rank]
    items = [ScreenItem(structure_id=s, formula=formula[s], energy_per_atom=results[s].get("energy_per_atom"),
                        max_force=results[s].get("max_force"), rank=rank.get(s), error=results[s].get("error")) for s in shown]
    return ScreenResult(items=items, n_failed=len(ids) - len(good), potential=batch.used(results))


def _part(until: float | None, keep_best: int | None) -> float | None:
    """When the first pass must end, so that there is time for the second."""
    if until is None or not keep_best:
        return until
    now = time.time()
    return now + COARSE_SHARE * (until - now)


def _refine(results: dict[str, dict[str, Any]], best: dict[str, str], fine: dict[str, dict[str, Any]]) -> set[str]:
    """Put the tight results in the place of the coarse ones, and tell whose they are.

    Where the time ended before a better one of the same composition was refined, the
    coarse results stand: tight ones alone would rank what came second as the best.
    """
    tight, cut = set[str](), set[str]()
    for sid, s in best.items():  # the best of each composition first
        formula = results[s]["formula"]
        if sid not in fine:
            cut.add(formula)
        elif "error" not in fine[sid] and formula not in cut:
            # Who asked knows the member, not the coarse one between.
            made = [x | {"parent_id": s if s != x["structure_id"] else None} for x in fine[sid]["structures"]]
            results[s] = fine[sid] | {"input_structure_id": s, "structures": made}
            tight.add(s)
    return tight


async def relax_many(batch: Batch, ids: list[str], fmax: float, max_steps: int, keep_best: int | None) -> BatchResult:
    """Relax all coarsely, then the best `keep_best` distinct ones of each composition tightly; what the time does not allow is counted."""
    ids, until = distinct(ids), batch.meta.answer_by
    batch.total = len(ids) + min(keep_best or 0, len(ids))
    results = await batch.all("relax", {s: batch.job(s, "coarse", fmax=fmax, max_steps=max_steps) for s in ids}, _part(until, keep_best))
    results = {s: results[s] for s in ids if s in results}
    potential, tight, wanted = batch.used(results), set[str](), 0
    twins = await anyio.to_thread.run_sync(merge, results, tight)
    if keep_best:
        rank = ranks({s: (r["formula"], r["energy_per_atom"]) for s, r in results.items() if s not in twins and "error" not in r})
        best = {results[s]["structure_id"]: s for s, place in sorted(rank.items(), key=lambda sp: sp[1]) if place <= keep_best}
        batch.total = batch.done + len(best)
        jobs = {sid: batch.job(sid, "full", fmax=TIGHT_FMAX, max_steps=TIGHT_STEPS) for sid in best}
        fine = await batch.all("relax", jobs, until, firm=not any(r.get("converged") for r in results.values()))
        tight, wanted = _refine(results, best, fine), len(best) - sum("error" in r for r in fine.values())
        left = {s: r for s, r in results.items() if s not in twins}
        twins |= await anyio.to_thread.run_sync(merge, left, tight)
    return await anyio.to_thread.run_sync(assemble, results, tight, twins, potential, len(ids) - len(results), wanted - len(tight))
