"""Formation energies relative to elemental reference phases of the same potential."""

from __future__ import annotations

from typing import Any

from crystalyse_common.errors import ToolFault
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import load_record, load_structure

from .batch import Batch, distinct
from .models import FormationItem, FormationResult, Reference
from .potentials.base import RAW
from .references.cells import PHASES
from .references.store import reference_energy

FORCE_LIMIT = 0.1  # eV/angstrom
STRESS_LIMIT = 1.0  # GPa


async def formation_energies(batch: Batch, ids: list[str]) -> FormationResult:
    """E_f = E/atom - sum over elements of x_i E_ref,i, all by one potential.

    Raises:
        ToolFault: unsupported for raw energies (they need the MP2020 correction
            first) and for elements without a reference phase.
    """
    if batch.info.energy_level == RAW:
        raise ToolFault("unsupported", f"{batch.info.name} gives raw PBE(+U) energies; formation energies from them need the MP2020 correction, "
                        "which is not part of this release", "potential", ["use potential=chgnet, whose energies are corrected"])
    ids = distinct(ids)
    amounts = {s: load_structure(s).composition.fractional_composition.get_el_amt_dict() for s in ids}
    elements = sorted({el for a in amounts.values() for el in a})
    if missing := [el for el in elements if el not in PHASES]:
        raise ToolFault("unsupported", f"there is no reference phase of {', '.join(missing)} here", "structure_ids", ["leave these elements out"])
    batch.total = len(elements) + len(ids)
    refs: dict[str, dict[str, Any]] = {}
    for el in elements:
        await batch.report(batch.done, batch.total, f"reference phase of {el}: {PHASES[el]} done={int(batch.done)} members={int(batch.total)}")
        refs[el] = await reference_energy(batch.pool, batch.info, el, batch.meta.deadline)
        batch.done += 1
    results = await batch.all("energy", {s: batch.job(s, "point") for s in ids})
    items = [_item(s, results[s], amounts[s], refs) for s in ids]
    if batch.potential is None:
        raise ToolFault("internal", "no energy was computed")
    return FormationResult(items=items, potential=batch.potential, structures=[StructureRef(**r["structure"]) for r in refs.values()])  # type: ignore[arg-type]


def _item(sid: str, r: dict[str, Any], fractions: dict[str, float], refs: dict[str, dict[str, Any]]) -> FormationItem:
    if "error" in r:
        raise ToolFault("not_converged", r["error"], "structure_ids", ["relax the structure first"])
    used = [refs[el] for el in sorted(fractions)]
    bad = [x["element"] for x in used if not x["converged"]]
    relaxed = r["max_force"] <= FORCE_LIMIT and r["max_stress"] <= STRESS_LIMIT
    value = None if bad else r["energy_per_atom"] - sum(x * refs[el]["energy_per_atom"] for el, x in fractions.items())
    notes = []
    if bad:
        notes.append(f"the reference phase of {', '.join(bad)} did not converge: no formation energy is given")
    if not relaxed:
        notes.append("the structure is not relaxed (forces or stress are large): relax it first; do not rank this value")
    return FormationItem(
        structure_id=sid, formula=load_record(sid)["formula"], energy_per_atom=r["energy_per_atom"], formation_energy_per_atom=value,
        converged=relaxed, max_force=r["max_force"], max_stress=r["max_stress"],
        references=[Reference(**{k: x[k] for k in ("element", "phase", "structure_id", "energy_per_atom", "converged")}) for x in used],
        expression="E/atom - " + " - ".join(f"{x:.6g} E({el})" for el, x in sorted(fractions.items())), note="; ".join(notes) or None)
