"""What a batch found: equal structures merged, converged ones ranked within their composition."""

from __future__ import annotations

import warnings
from collections import defaultdict
from typing import Any

from crystalyse_common.models import Potential
from crystalyse_common.structures import load_record, load_structure

from .models import BatchItem, BatchResult

SYMPREC = 0.1
SAME_ENERGY = 0.02  # eV/atom; loosely relaxed copies of one phase differ by less
EQUAL_ENERGY = 0.002  # eV/atom; so close, a loose match is proof enough

Outcome = dict[str, Any]  # an engine's relaxation result, or {"error": text}


def merge(results: dict[str, Outcome], tight: set[str]) -> dict[str, str]:
    """Members that relaxed into another one: input id -> the input id of the member kept for it.

    Of equal structures the tightly relaxed, then the lowest one is kept; below
    1 meV/atom, which is noise, the one that started with the most symmetry.
    """
    from pymatgen.analysis.structure_matcher import StructureMatcher

    # The library's default takes tilted perovskites for cubic ones: good only where the energies agree too.
    loose = StructureMatcher(primitive_cell=True, scale=False)
    strict = StructureMatcher(ltol=0.1, stol=0.15, angle_tol=3, primitive_cell=True, scale=False)

    def order(item: tuple[str, Outcome]) -> tuple[bool, bool, float, int]:
        sid, r = item
        group = load_record(sid).get("space_group") or {}
        return not r["converged"], sid not in tight, round(r["energy_per_atom"], 3), -int(group.get("number", 1))

    kept: dict[str, list[tuple[str, float, Any]]] = defaultdict(list)
    twins: dict[str, str] = {}
    for sid, r in sorted(((s, r) for s, r in results.items() if "error" not in r), key=order):
        s = load_structure(r["structure_id"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            near = [(other, abs(e - r["energy_per_atom"]), t) for other, e, t in kept[r["formula"]]]
            twin = next((other for other, gap, t in near
                         if gap < SAME_ENERGY and (loose if gap < EQUAL_ENERGY else strict).fit(s, t)), None)
        if twin is None:
            kept[r["formula"]].append((sid, r["energy_per_atom"], s))
        else:
            twins[sid] = twin
    return twins


def ranks(energies: dict[str, tuple[str, float]]) -> dict[str, int]:
    """Places within each composition, 1 the lowest; from id -> (formula, energy per atom).

    Energies per atom of different compositions say nothing about each other.
    """
    seen: dict[str, int] = defaultdict(int)
    out = {}
    for sid, (formula, _) in sorted(energies.items(), key=lambda kv: kv[1][1]):
        seen[formula] += 1
        out[sid] = seen[formula]
    return out


def _final(sid: str, twins: dict[str, str]) -> str:
    """The member that was kept for this one at last."""
    while sid in twins:
        sid = twins[sid]
    return sid


def _ranked(results: dict[str, Outcome], tight: set[str], twins: dict[str, str]) -> dict[str, tuple[str, float]]:
    """Converged, distinct members; where some of a composition are tightly relaxed, only those."""
    good = {s: (r["formula"], r["energy_per_atom"]) for s, r in results.items() if r.get("converged") and s not in twins}
    refined = {good[s][0] for s in tight if s in good}
    return {s: v for s, v in good.items() if s in tight or v[0] not in refined}


def assemble(results: dict[str, Outcome], tight: set[str], twins: dict[str, str], potential: Potential, cut: int = 0,
             unrefined: int = 0) -> BatchResult:
    """The result of a batch, members in order of rank, then as given."""
    ranked = _ranked(results, tight, twins)
    rank = ranks(ranked)
    best = {ranked[s][0]: s for s, place in rank.items() if place == 1}

    def item(sid: str) -> BatchItem:
        r, record = results[sid], load_record(sid)
        ref = (r.get("structures") or [{}])[0]
        group = ref.get("space_group") or {}
        lowest = results[best[r["formula"]]] if sid in rank else None
        return BatchItem(
            input_structure_id=sid, structure_id=r.get("structure_id"), formula=record["formula"], label=record.get("label"),
            energy_per_atom=r.get("energy_per_atom"),
            energy_above_best=r["energy_per_atom"] - lowest["energy_per_atom"] if lowest else None, max_force=r.get("max_force"), steps=r.get("steps"),
            converged=bool(r.get("converged")), rank=rank.get(sid),
            duplicate_of=results[_final(sid, twins)]["structure_id"] if sid in twins else None,
            space_group_symbol=group.get("symbol"), space_group_number=group.get("number"),
            stage="full" if sid in tight else "coarse", expression="E/atom - E(best)/atom" if lowest else "",
            inputs=[r["structure_id"], lowest["structure_id"]] if lowest else [], error=r.get("error"))

    given = list(results)
    order = sorted(given, key=lambda s: (rank.get(s, len(given) + 1), given.index(s)))
    distinct = [results[s] for s in order if s not in twins and "error" not in results[s]]
    resumed = [r["resumed_from_step"] for r in results.values() if r.get("resumed_from_step") is not None]
    one_formula = len({load_record(s)["formula"] for s in given}) == 1
    return BatchResult(
        items=[item(s) for s in order],
        best_structure_id=results[next(iter(best.values()))]["structure_id"] if best and one_formula else None,
        n_members=len(given), n_cut=cut, n_converged=sum(bool(r.get("converged")) for r in results.values()),
        n_failed=sum("error" in r for r in results.values()), n_duplicates=len(twins), n_fully_relaxed=len(tight), n_unrefined=unrefined, symprec=SYMPREC,
        resumed_from_step=max(resumed, default=None), structures=[x for r in distinct for x in r["structures"]],
        artifacts=[x for r in distinct for x in r["artifacts"]], potential=potential)
