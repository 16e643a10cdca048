"""Several potentials on the same structures: disagreement, at one energy level."""

from __future__ import annotations

from collections.abc import Callable

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure

from . import potentials
from .batch import Batch, distinct
from .formation import formation_energies
from .levels import COMMON
from .potentials.base import CORRECTED, RAW
from .property_models import CompareResult, Comparison, Opinion


def members(names: list[str] | None) -> list[str]:
    """The potentials to ask: those named, or all that have weights and a level that can be compared."""
    if names:
        return list(dict.fromkeys(_named(n, f"potentials_to_compare.{i}") for i, n in enumerate(names)))
    return [i.key for i in potentials.known() if i.available and i.energy_level in (CORRECTED, RAW)]


def _named(name: str, field: str) -> str:
    """The key of a potential that the caller named."""
    try:
        return potentials.resolve(name).key
    except ToolFault as fault:
        raise ToolFault(fault.code, fault.message, field, fault.suggestions) from fault


async def compare(make: Callable[[str], Batch], ids: list[str], names: list[str] | None, relax: bool, fmax: float) -> CompareResult:
    """Ask each potential for the formation energy of each structure, as given or relaxed by itself."""
    ids, keys = distinct(ids), members(names)
    opinions: dict[str, list[Opinion]] = {s: [] for s in ids}
    notes = []
    for key in keys:
        batch = make(key)
        try:
            await _ask(batch, ids, relax, fmax, opinions)
        except ToolFault as fault:
            if fault.code == "resource" or len(keys) == 1:
                raise
            notes.append(f"{batch.info.name}: {fault.message}")
    items = []
    for sid in ids:
        values = [o.formation_energy_per_atom for o in opinions[sid] if o.converged and o.formation_energy_per_atom is not None]
        items.append(Comparison(structure_id=sid, formula=load_record(sid)["formula"], opinions=opinions[sid],
                                spread=max(values) - min(values) if len(values) > 1 else None))
    if len(keys) < 2:
        notes.append("only one potential has weights here: there is no disagreement to show (`crystalyse doctor` names the others)")
    else:
        notes.append("the spread is disagreement between models that share training data, not an error bar")
    return CompareResult(items=items, energy_level=COMMON, n_potentials=len(keys), note="; ".join(notes))


async def _ask(batch: Batch, ids: list[str], relax: bool, fmax: float, opinions: dict[str, list[Opinion]]) -> None:
    """One potential's opinions."""
    used = {s: s for s in ids}
    if relax:
        batch.total = len(ids)
        done = await batch.all("relax", {s: batch.job(s, f"compare-{batch.info.key}", fmax=0.03, max_steps=500) for s in ids})
        used = {s: r["structure_id"] for s, r in done.items() if r.get("converged")}
    batch.done = 0
    result = await formation_energies(batch, list(used.values()), fmax) if used else None
    by_id = {i.structure_id: i for i in result.items} if result else {}
    for sid in ids:
        item = by_id.get(used.get(sid, ""))
        if item is None or result is None:
            continue
        s = load_structure(item.structure_id)
        opinions[sid].append(Opinion(potential=result.potential, formation_energy_per_atom=item.formation_energy_per_atom, volume_per_atom=s.volume / len(s),
                                     converged=item.converged and item.formation_energy_per_atom is not None, note=item.note or item.error))
