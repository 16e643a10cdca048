"""Formation energies relative to elemental reference phases of the same potential."""

from __future__ import annotations

from typing import Any

import anyio

from crystalyse_common.errors import ToolFault
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import load_record, load_structure

from .batch import Batch, distinct
from .engines import OutOfTime
from .levels import COMMON, caveats, corrections
from .models import GPA_PER_EV_ANGSTROM3, FormationItem, FormationResult, Reference
from .potentials.base import CORRECTED, RAW, PotentialInfo
from .store import PHASES, Phase, element_phase, phase_energy

KJ_PER_MOL = 96.48533212  # kJ/mol in 1 eV


def check_level(info: PotentialInfo) -> None:
    """Refuse a potential whose energies cannot be brought to the common level."""
    if info.energy_level not in (CORRECTED, RAW):
        raise ToolFault("unsupported", f"the energies of {info.name} are {info.energy_level}: no correction brings them to the level of formation energies",
                        "potential", ["use the same model without dispersion", "use potential=chgnet"])


def check_references(ids: list[str], amounts: dict[str, dict[str, float]]) -> list[str]:
    """The elements of the structures; each must have a reference phase."""
    elements = sorted({el for a in amounts.values() for el in a})
    if missing := [el for el in elements if el not in PHASES]:
        i = next(i for i, s in enumerate(ids) if set(missing) & set(amounts[s]))
        raise ToolFault("unsupported", f"there is no reference phase of {', '.join(missing)} here", f"structure_ids.{i}",
                        ["leave this structure out"])
    return elements


async def relaxed_phases(batch: Batch, phases: list[Phase], until: float | None = None) -> dict[str, dict[str, Any]]:
    """Kept or new energies of phases by name; a phase that cannot be computed, or not until then, has an "error" instead.

    Raises:
        ToolFault: when the whole call must end: the deadline, a full disk, no potential.
    """
    out: dict[str, dict[str, Any]] = {}
    async with anyio.create_task_group() as tg:
        for phase in phases:
            tg.start_soon(_phase, batch, phase, out, until)
    if fault := next((r["fault"] for r in out.values() if "fault" in r), None):
        raise fault
    return out


async def _phase(batch: Batch, phase: Phase, out: dict[str, Any], until: float | None) -> None:
    """One phase; a failure is kept as a value, so that a task group does not wrap it."""
    async def on_progress(p: dict[str, Any]) -> None:
        await batch.report(batch.done, batch.total, f"reference {phase.name} step={int(p['step'])} fmax={p['fmax']:.4f} energy={p['energy']:.5f}")

    try:
        out[phase.name] = await phase_energy(batch.pool, batch.info, phase, (batch.meta.deadline, until), on_progress)
    except ToolFault as fault:
        lost: dict[str, Any] = {"error": fault.message, "name": phase.name, "phase": phase.label, "source": phase.source}
        if isinstance(fault, OutOfTime):
            lost["cut"] = True
        elif fault.code in ("resource", "unavailable", "stale_fence"):
            lost = {"fault": fault}
        out[phase.name] = lost
        return
    batch.done += 1
    await batch.report(batch.done, batch.total, f"reference {phase.name} done={int(batch.done)} members={int(batch.total)}")


async def formation_energies(batch: Batch, ids: list[str], fmax: float) -> FormationResult:
    """E_f = (E + MP2020)/atom - sum over elements of x_i E_ref,i, all by one potential.

    Raises:
        ToolFault: unsupported for elements without a reference phase.
    """
    check_level(batch.info)
    ids = distinct(ids)
    amounts = {s: load_structure(s).composition.fractional_composition.get_el_amt_dict() for s in ids}
    elements = check_references(ids, amounts)
    batch.total = len(elements) + len(ids)
    refs = await relaxed_phases(batch, [element_phase(el) for el in elements])
    if bad := next((r for r in refs.values() if "error" in r), None):
        raise ToolFault("not_converged", f"the reference phase {bad['phase']} could not be computed: {bad['error']}", "structure_ids",
                        ["call it again: what is computed is kept", "leave the structures with this element out"])
    results = await batch.all("energy", {s: batch.job(s, "point") for s in ids})
    items = [_item(s, results[s], amounts[s], refs, fmax, batch.info.energy_level) for s in ids]
    return FormationResult(items=items, energy_level=COMMON, potential=batch.used(results),
                           structures=[StructureRef(**refs[el]["structure"]) for el in elements])


def is_relaxed(sid: str, r: dict[str, Any], fmax: float) -> bool:
    """Whether the forces, and what the stress puts on a cell that may relax, are below fmax."""
    structure = load_structure(sid)
    cell_force = r["max_stress"] / GPA_PER_EV_ANGSTROM3 * structure.volume / len(structure)
    return max(r["max_force"], cell_force) <= fmax


def _item(sid: str, r: dict[str, Any], fractions: dict[str, float], refs: dict[str, dict[str, Any]], fmax: float, level: str) -> FormationItem:
    from pymatgen.core import Composition

    used = [refs[el] for el in sorted(fractions)]
    structure = load_structure(sid)
    parts = corrections(structure, level)
    correction = sum(e for _, e in parts) / len(structure)
    per_atom = " - ".join(["E/atom" if level == CORRECTED else "(E + MP2020)/atom", *(f"{x:.6g} E({el})" for el, x in sorted(fractions.items()))])
    n_atoms = Composition(load_record(sid)["formula"]).num_atoms
    common: dict[str, Any] = {
        "structure_id": sid, "formula": load_record(sid)["formula"],
        "expression": per_atom, "formula_unit_expression": f"{n_atoms:g} ({per_atom})",
        "molar_expression": f"{KJ_PER_MOL:.5f} kJ/mol/eV * {n_atoms:g} ({per_atom})",
        "inputs": [sid, *(refs[el]["structure_id"] for el in sorted(fractions))],
        "corrections": [name for name, _ in parts], "caveats": caveats(set(fractions)),
        "references": [Reference(element=el, **{k: refs[el][k] for k in ("phase", "structure_id", "energy_per_atom", "converged")})
                       for el in sorted(fractions)]}
    if "error" in r:
        return FormationItem(**common, energy_per_atom=None, correction_per_atom=None, formation_energy_per_atom=None, formation_energy_per_formula_unit=None,
                             formation_energy_molar=None, converged=False, max_force=None, max_stress=None, note=None, error=r["error"])
    relaxed = is_relaxed(sid, r, fmax)
    notes = []
    bad = [x["name"] for x in used if not x["converged"]]
    if bad:
        notes.append(f"the reference phase of {', '.join(bad)} did not converge: no formation energy is given")
    if not relaxed:
        notes.append("the structure is not relaxed (forces or stress are large): relax it first; do not rank this value")
    value = None if bad else r["energy_per_atom"] + correction - sum(x * refs[el]["energy_per_atom"] for el, x in fractions.items())
    unit = None if value is None else value * n_atoms
    return FormationItem(**common, energy_per_atom=r["energy_per_atom"], correction_per_atom=correction, formation_energy_per_atom=value,
                         formation_energy_per_formula_unit=unit, formation_energy_molar=None if unit is None else unit * KJ_PER_MOL,
                         converged=relaxed, max_force=r["max_force"], max_stress=r["max_stress"], note="; ".join(notes) or None, error=None)
