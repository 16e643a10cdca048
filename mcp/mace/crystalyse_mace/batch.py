"""Many structures in one call: members run on all engines, one task stream."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from crystalyse_common.callmeta import CallMeta
from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure

from .engines import Pool
from .models import BatchItem, BatchResult, ScreenItem, ScreenResult
from .potentials.base import PotentialInfo

TIGHT_FMAX, TIGHT_STEPS = 0.03, 500
SYMPREC = 0.1
Report = Callable[[float, float, str], Awaitable[None]]


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
                "folder": str(folder) if folder else None, "fence": self.meta.fence, "deadline": self.meta.deadline, **extra}

    async def member(self, op: str, job: dict[str, Any], name: str) -> dict[str, Any]:
        """Run a member; its own failure is a result, the batch's end is not."""
        async def on_progress(p: dict[str, float]) -> None:
            await self.report(self.done, self.total, f"{name} member={int(self.done) + 1} members={int(self.total)} "
                              f"step={int(p['step'])} fmax={p['fmax']:.4f} energy={p['energy']:.5f}")

        try:
            out = await self.pool.run(op, self.info.key, job, on_progress)
        except ToolFault as fault:
            if fault.code in ("stale_fence", "resource", "unavailable") or fault.field == "potential":
                raise
            return {"error": fault.message}
        else:
            self.potential = out["potential"]
            return out["result"]
        finally:
            self.done += 1
            with anyio.CancelScope(shield=False):
                await self.report(self.done, self.total, f"{name} done={int(self.done)} members={int(self.total)}")

    async def all(self, op: str, jobs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Run members side by side; the first real failure ends the rest."""
        results: dict[str, dict[str, Any]] = {}
        failure: list[ToolFault] = []

        async def one(sid: str, job: dict[str, Any], scope: anyio.CancelScope) -> None:
            try:
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
    order = sorted((sid for sid in ids if "error" not in results[sid]), key=lambda s: results[s]["energy_per_atom"])
    rank = {sid: i + 1 for i, sid in enumerate(order)}
    items = [ScreenItem(structure_id=s, formula=load_record(s)["formula"], energy_per_atom=results[s].get("energy_per_atom"),
                        max_force=results[s].get("max_force"), rank=rank.get(s), error=results[s].get("error"))
             for s in [*order[:keep], *([] if keep else [s for s in ids if s not in rank])]]
    if batch.potential is None:
        raise ToolFault("not_converged", "no structure could be evaluated", "structure_ids", ["generate other structures"])
    return ScreenResult(items=items, n_failed=len(ids) - len(order), potential=batch.potential)  # type: ignore[arg-type]


def merge(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Members that relaxed into a better one: input id -> the better member's relaxed id."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(primitive_cell=True, scale=False)
    kept: list[tuple[str, float, Any]] = []
    twins: dict[str, str] = {}
    for sid, r in sorted(results.items(), key=lambda kv: (not kv[1].get("converged", False), kv[1].get("energy_per_atom", 1e9))):
        if "error" in r:
            continue
        s = load_structure(r["structure_id"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for other, e, t in kept:
                # 20 meV/atom: loosely relaxed copies of one phase differ by less.
                if abs(e - r["energy_per_atom"]) < 0.02 and s.composition.reduced_formula == t.composition.reduced_formula and matcher.fit(s, t):
                    twins[sid] = other
                    break
            else:
                kept.append((r["structure_id"], r["energy_per_atom"], s))
    return twins


async def relax_many(batch: Batch, ids: list[str], fmax: float, max_steps: int, keep_best: int | None) -> BatchResult:
    """Relax all coarsely, then the best `keep_best` distinct ones tightly."""
    ids = distinct(ids)
    batch.total = len(ids) + min(keep_best or 0, len(ids))
    results = await batch.all("relax", {s: batch.job(s, "coarse", fmax=fmax, max_steps=max_steps) for s in ids})
    stage = dict.fromkeys(ids, "coarse")
    twins = merge(results)
    if keep_best:
        usable = [s for s in ids if s not in twins and "error" not in results[s]]
        best = sorted(usable, key=lambda s: results[s]["energy_per_atom"])[:keep_best]
        batch.total = batch.done + len(best)
        fine = await batch.all("relax", {
            results[s]["structure_id"]: batch.job(results[s]["structure_id"], "full", fmax=TIGHT_FMAX, max_steps=TIGHT_STEPS) for s in best})
        for s in best:
            r = fine[results[s]["structure_id"]]
            if "error" not in r:
                results[s], stage[s] = r, "full"
        twins = merge({s: r for s, r in results.items() if s not in twins}) | twins
    return _assemble(batch, ids, results, stage, twins)


def _assemble(batch: Batch, ids: list[str], results: dict[str, dict[str, Any]], stage: dict[str, str], twins: dict[str, str]) -> BatchResult:
    if batch.potential is None:
        raise ToolFault("not_converged", "no structure could be relaxed: " + next(iter(results.values()))["error"], "structure_ids", ["generate other structures"])
    good = [s for s in ids if results[s].get("converged") and s not in twins]
    full = [s for s in good if stage[s] == "full"] or good  # tight energies are not ranked against loose ones
    order = sorted(full, key=lambda s: results[s]["energy_per_atom"])
    rank = {s: i + 1 for i, s in enumerate(order)}
    lowest: dict[str, float] = {}
    for s in order:
        lowest.setdefault(results[s]["formula"], results[s]["energy_per_atom"])
    items, refs, artifacts = [], [], []
    for s in sorted(ids, key=lambda s: (rank.get(s, 10**6), ids.index(s))):
        r, record = results[s], load_record(s)
        ref = (r.get("structures") or [None])[0]
        if ref and s not in twins:
            refs.append(ref)
            artifacts += r["artifacts"]
        base = lowest.get(record["formula"])
        above = r["energy_per_atom"] - base if s in rank and base is not None else None
        group = (ref or {}).get("space_group") or {}
        items.append(BatchItem(
            input_structure_id=s, structure_id=r.get("structure_id"), formula=record["formula"], label=record.get("label"),
            energy_per_atom=r.get("energy_per_atom"), energy_above_best=above, max_force=r.get("max_force"), steps=r.get("steps"),
            converged=bool(r.get("converged")), rank=rank.get(s), duplicate_of=twins.get(s), space_group_symbol=group.get("symbol"),
            space_group_number=group.get("number"), stage=stage[s], error=r.get("error")))
    resumed = [r["resumed_from_step"] for r in results.values() if r.get("resumed_from_step") is not None]
    return BatchResult(
        items=items, best_structure_id=results[order[0]]["structure_id"] if order else None, n_members=len(ids),
        n_converged=sum(bool(r.get("converged")) for r in results.values()), n_failed=sum("error" in r for r in results.values()),
        n_duplicates=len(twins), n_fully_relaxed=sum(v == "full" for v in stage.values()), symprec=SYMPREC,
        resumed_from_step=max(resumed, default=None), structures=refs, artifacts=artifacts, potential=batch.potential)  # type: ignore[arg-type]
