"""Formation energies relative to elemental reference phases of the same potential."""

from __future__ import annotations

from typing import Any

import anyio

from crystalyse_common.errors import ToolFault
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import load_record, load_structure

from .batch import Batch, distinct
from .models import FormationItem, FormationResult, Reference
from .potentials.base import RAW
from .references.cells import PHASES
from .references.store import reference_energy

GPA = 160.21766208  # GPa in 1 eV/angstrom^3


async def formation_energies(batch: Batch, ids: list[str], fmax: float) -> FormationResult:
    """E_f = E/atom - sum over elements of x_i E_ref,i, all by one potential.

    Raises:
        ToolFault: unsupported for raw energies (they need the MP2020 correction
            first) and for elements without a reference phase.
    """
    if batch.info.energy_level == RAW:
        raise ToolFault("unsupported", f"{batch.info.name} gives raw PBE(+U) energies; formation energies from them need the MP2020 "
                        "correction, which comes with the Science release", "potential", ["use potential=chgnet, whose energies are corrected"])
    ids = distinct(ids)
    amounts = {s: load_structure(s).composition.fractional_composition.get_el_amt_dict() for s in ids}
    elements = sorted({el for a in amounts.values() for el in a})
    if missing := [el for el in elements if el not in PHASES]:
        i = next(i for i, s in enumerate(ids) if set(missing) & set(amounts[s]))
        raise ToolFault("unsupported", f"there is no reference phase of {', '.join(missing)} here", f"structure_ids.{i}",
                        ["leave this structure out"])
    batch.total = len(elements) + len(ids)
    refs: dict[str, dict[str, Any]] = {}
    async with anyio.create_task_group() as tg:
        for el in elements:
            tg.start_soon(_reference, batch, el, refs)
    if fault := next((r for r in refs.values() if isinstance(r, ToolFault)), None):
        raise fault
    results = await batch.all("energy", {s: batch.job(s, "point") for s in ids})
    items = [_item(s, results[s], amounts[s], refs, fmax) for s in ids]
    return FormationResult(items=items, potential=batch.used(results), structures=[StructureRef(**refs[el]["structure"]) for el in elements])


async def _reference(batch: Batch, element: str, refs: dict[str, Any]) -> None:
    """One reference phase; a failure is kept as a value, so that a task group does not wrap it."""
    async def on_progress(p: dict[str, float]) -> None:
        await batch.report(batch.done, batch.total, f"reference {element} step={int(p['step'])} fmax={p['fmax']:.4f} energy={p['energy']:.5f}")

    try:
        refs[element] = await reference_energy(batch.pool, batch.info, element, batch.meta.deadline, on_progress)
    except ToolFault as fault:
        refs[element] = fault
        return
    batch.done += 1
    await batch.report(batch.done, batch.total, f"reference {element} done={int(batch.done)} members={int(batch.total)}")


def _item(sid: str, r: dict[str, Any], fractions: dict[str, float], refs: dict[str, dict[str, Any]], fmax: float) -> FormationItem:
    used = [refs[el] for el in sorted(fractions)]
    expression = "E/atom - " + " - ".join(f"{x:.6g} E({el})" for el, x in sorted(fractions.items()))
    common: dict[str, Any] = {
        "structure_id": sid, "formula": load_record(sid)["formula"], "expression": expression,
        "references": [Reference(**{k: x[k] for k in ("element", "phase", "structure_id", "energy_per_atom", "converged")}) for x in used]}
    if "error" in r:
        return FormationItem(**common, energy_per_atom=None, formation_energy_per_atom=None, converged=False, max_force=None,
                             max_stress=None, note=None, error=r["error"])
    structure = load_structure(sid)
    # The force that the stress puts on a cell that may relax, measured as the relaxation does.
    cell_force = r["max_stress"] / GPA * structure.volume / len(structure)
    relaxed = max(r["max_force"], cell_force) <= fmax
    notes = []
    bad = [x["element"] for x in used if not x["converged"]]
    if bad:
        notes.append(f"the reference phase of {', '.join(bad)} did not converge: no formation energy is given")
    if not relaxed:
        notes.append("the structure is not relaxed (forces or stress are large): relax it first; do not rank this value")
    value = None if bad else r["energy_per_atom"] - sum(x * refs[el]["energy_per_atom"] for el, x in fractions.items())
    return FormationItem(**common, energy_per_atom=r["energy_per_atom"], formation_energy_per_atom=value, converged=relaxed,
                         max_force=r["max_force"], max_stress=r["max_stress"], note="; ".join(notes) or None, error=None)
