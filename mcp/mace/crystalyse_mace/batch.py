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

from .engines import EngineLost, Pool
from .models import BatchResult, ScreenItem, ScreenResult
from .potentials.base import PotentialInfo
from .ranking import assemble, merge, ranks

TIGHT_FMAX, TIGHT_STEPS = 0.03, 500
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
        return {"structure_id": sid, "key": f"{self.meta.key}/{stage}/{sid}" if self.meta.key else "", "tool": self.tool,
                "folder": str(folder) if folder else None, "fence": self.meta.fence, "deadline": self.meta.deadline,
                "frame_every": max(0.5, self.pool.size / FRAMES_PER_SECOND), **extra}

    async def member(self, op: str, job: dict[str, Any], name: str) -> dict[str, Any]:
        """Run a member; its own failure is a result, the batch's end is not."""
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

    async def all(self, op: str, jobs: dict[str, dict[str, Any]], until: float | None = None) -> dict[str, dict[str, Any]]:
        """Run members side by side; the first real failure ends the rest.

        From `until` on no member is started any more, but the first always is.
        """
        results: dict[str, dict[str, Any]] = {}
        failure: list[ToolFault] = []
        started = False
        # A batch never queues more than the engines, so that a short call waits for one member, not for all.
        places = anyio.Semaphore(self.pool.size)

        async def one(sid: str, job: dict[str, Any], scope: anyio.CancelScope) -> None:
            nonlocal started
            try:
                async with places:
                    if started and until is not None and time.time() > until:
                        return
                    started = True
                    if self.meta.deadline is not None and time.time() > self.meta.deadline:
                        raise ToolFault("resource", f"stopped by the deadline after {int(self.done)} of {len(jobs)} members; they are kept",
                                        suggestions=["raise the wall time limit to let it go on"])
                    results[sid] = await self.member(op, job, load_record(sid)["formula"])
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


async def relax_many(batch: Batch, ids: list[str], fmax: float, max_steps: int, keep_best: int | None) -> BatchResult:
    """Relax all coarsely, then the best `keep_best` distinct ones of each composition tightly; what the time does not allow is counted."""
    ids, until = distinct(ids), batch.meta.answer_by
    batch.total = len(ids) + min(keep_best or 0, len(ids))
    results = await batch.all("relax", {s: batch.job(s, "coarse", fmax=fmax, max_steps=max_steps) for s in ids}, until)
    results = {s: results[s] for s in ids if s in results}
    potential, tight = batch.used(results), set[str]()
    twins = await anyio.to_thread.run_sync(merge, results, tight)
    if keep_best:
        rank = ranks({s: (r["formula"], r["energy_per_atom"]) for s, r in results.items() if s not in twins and "error" not in r})
        best = {results[s]["structure_id"]: s for s, place in sorted(rank.items(), key=lambda sp: sp[1]) if place <= keep_best}
        batch.total = batch.done + len(best)
        fine = await batch.all("relax", {sid: batch.job(sid, "full", fmax=TIGHT_FMAX, max_steps=TIGHT_STEPS) for sid in best}, until)
        for sid, s in best.items():
            if "error" not in fine.get(sid, {"error": "no time"}):
                results[s] = fine[sid] | {"input_structure_id": s}
                tight.add(s)
        left = {s: r for s, r in results.items() if s not in twins}
        twins |= await anyio.to_thread.run_sync(merge, left, tight)
    return await anyio.to_thread.run_sync(assemble, results, tight, twins, potential, len(ids) - len(results))
