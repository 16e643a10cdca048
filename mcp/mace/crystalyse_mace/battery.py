"""Capacity, average voltage and volume change of an intercalation electrode."""

from __future__ import annotations

from typing import Any

from crystalyse_common.errors import ToolFault
from crystalyse_common.formulas import parse_formula, written_amounts
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import load_record, load_structure

from .batch import Batch
from .formation import check_level, is_relaxed, relaxed_phases
from .levels import caveats, correction_per_atom
from .property_models import BatteryResult, CapacityItem, VoltageItem
from .store import element_phase

FARADAY_MAH = 26801.4  # mAh/mol: the charge of a mole of electrons
CHARGE = {"Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Mg": 2, "Ca": 2, "Zn": 2, "Al": 3}


def charge_of(ion: str) -> int:
    """The charge of a mobile ion."""
    if ion not in CHARGE:
        raise ToolFault("unsupported", f"{ion[:10]!r} is no mobile ion handled here", "ion", [f"use one of: {', '.join(CHARGE)}"])
    return CHARGE[ion]


def capacity(formula: str, ion: str, n: float | None, inputs: list[str]) -> CapacityItem:
    """F n / M of the discharged composition; n is the electrons per formula unit, by default all that the ion can give."""
    from pymatgen.core import Composition

    amounts = written_amounts(formula)
    z, own = charge_of(ion), amounts.get(ion, 0)
    if not own:
        raise ToolFault("invalid_input", f"{formula} holds no {ion}", "formula", ["give the discharged composition, which holds the ion"])
    wanted = float(own * z) if n is None else n
    if not 0 < wanted <= own * z:
        raise ToolFault("invalid_input", f"n={wanted:g}, but {formula} can give at most {own * z:g} electron(s) by its {ion}", "n",
                        ["n counts electrons per formula unit as written"])
    mass = float(Composition(amounts).weight)
    return CapacityItem(formula=formula, ion=ion, n=wanted, molar_mass=mass, gravimetric_capacity=FARADAY_MAH * wanted / mass,
                        expression=f"26801.4 mAh/mol * n / M with n = {wanted:g} electrons per formula unit and M({formula}) = {mass:.3f} g/mol", inputs=inputs)


def _host(sid: str, ion: str, field: str) -> tuple[dict[str, float], float]:
    """The amounts of everything but the ion in the cell, and the ion's."""
    amounts = load_structure(sid, field).composition.get_el_amt_dict()
    own = amounts.pop(ion, 0.0)
    if not amounts:
        raise ToolFault("invalid_input", f"{sid} holds nothing but {ion}", field, ["give the host, with the ion or without it"])
    return amounts, own


async def metrics(batch: Batch | None, ion: str, formula: str | None, n: float | None, discharged: str | None, charged: str | None, fmax: float) -> BatteryResult:
    """Capacity from the formula; with end members, voltage and volume change too.

    Raises:
        ToolFault: for a formula without the ion, end members of different hosts, or a stop.
    """
    charge_of(ion)
    if discharged is None:
        if formula is None:
            raise ToolFault("invalid_input", "a formula or a discharged structure is needed", "formula", ["give the discharged composition, for example NaFePO4"])
        return BatteryResult(capacity=capacity(formula, ion, n, []), voltage=None, potential=None, structures=[])
    stored = load_record(discharged, "discharged_structure_id")["formula"]
    if formula is not None and load_structure(discharged).composition.reduced_formula != _reduced(formula):
        raise ToolFault("invalid_input", f"{discharged} is {stored}, not {formula}", "formula", ["pass the id of the structure you mean"])
    if charged is None or batch is None:
        return BatteryResult(capacity=capacity(formula or stored, ion, n, [discharged]), voltage=None, potential=None, structures=[])
    scale, removed_per_fu = _removed(discharged, charged, ion)
    if n is None:
        n = removed_per_fu * charge_of(ion) * _units(formula or stored, discharged)
    found = capacity(formula or stored, ion, n, [discharged, charged])
    voltage, refs, potential = await _voltage(batch, ion, discharged, charged, scale, removed_per_fu, fmax)
    return BatteryResult(capacity=found, voltage=voltage, potential=potential, structures=refs)


def _reduced(formula: str) -> str:
    from pymatgen.core import Composition

    return Composition(parse_formula(formula)).reduced_formula


def _units(formula: str, sid: str) -> float:
    """How many reduced formula units a formula as written stands for."""
    from pymatgen.core import Composition

    return Composition(written_amounts(formula)).num_atoms / load_structure(sid).composition.reduced_composition.num_atoms


def _removed(discharged: str, charged: str, ion: str) -> tuple[float, float]:
    """Cells of the charged member per cell of the discharged one, and ions removed per reduced formula unit."""
    host, own = _host(discharged, ion, "discharged_structure_id")
    other, left = _host(charged, ion, "charged_structure_id")
    ratios = {host.get(el, 0.0) / other[el] for el in other}
    if set(host) != set(other) or max(ratios) - min(ratios) > 1e-8:
        raise ToolFault("invalid_input", f"the hosts differ: {_text(host)} and {_text(other)}", "charged_structure_id",
                        [f"the charged member is the discharged one without (some of) its {ion}: use remove_ion, then relax_structure"])
    scale = ratios.pop()
    units = load_structure(discharged).composition.get_reduced_composition_and_factor()[1]
    removed = (own - left * scale) / units
    if removed <= 0:
        raise ToolFault("invalid_input", f"the charged member holds no less {ion} than the discharged one", "charged_structure_id", ["exchange the two"])
    return scale, removed


def _text(amounts: dict[str, float]) -> str:
    return "".join(f"{el}{x:g}" for el, x in sorted(amounts.items()))


async def _voltage(batch: Batch, ion: str, discharged: str, charged: str, scale: float, removed: float, fmax: float) -> tuple[VoltageItem, list[StructureRef], Any]:
    check_level(batch.info)
    batch.total = 3
    metal = (await relaxed_phases(batch, [element_phase(ion)]))[ion]
    if "error" in metal:
        raise ToolFault("not_converged", f"the reference phase of {ion} could not be computed: {metal['error']}", "ion", ["call it again: what is computed is kept"])
    results = await batch.all("energy", {s: batch.job(s, "point") for s in (discharged, charged)})
    if bad := next((r["error"] for r in results.values() if "error" in r), None):
        raise ToolFault("not_converged", f"an end member cannot be evaluated: {bad}", "charged_structure_id", ["relax another end member", "take fewer ions out"])
    cells = {s: load_structure(s) for s in (discharged, charged)}
    energy = {s: (results[s]["energy_per_atom"] + correction_per_atom(c, batch.info.energy_level)) * len(c) for s, c in cells.items()}
    units = cells[discharged].composition.get_reduced_composition_and_factor()[1]
    ions = removed * units  # in the discharged cell
    notes = [f"{name} is not relaxed" for name, s in (("the discharged member", discharged), ("the charged member", charged)) if not is_relaxed(s, results[s], fmax)]
    if not metal["converged"]:
        notes.append(f"the reference phase of {ion} did not converge")
    value = (energy[charged] * scale + ions * metal["energy_per_atom"] - energy[discharged]) / (ions * charge_of(ion))
    low, high = load_record(charged)["formula"], load_record(discharged)["formula"]
    item = VoltageItem(
        discharged_id=discharged, charged_id=charged, reaction=f"{high} -> {low} + {removed:g} {ion} (per formula unit of {high})",
        average_voltage=None if notes else value, volume_change_percent=100 * (cells[charged].volume * scale / cells[discharged].volume - 1),
        ions_removed=removed, expression=f"[E({low}) + {removed:g} E({ion}) - E({high})] / ({removed:g} * {charge_of(ion)} e), per formula unit, MP2020-corrected",
        inputs=[discharged, charged, metal["structure_id"]],
        volume_expression=f"100 (V({low}) / V({high}) - 1), for the same number of host atoms", hosts=[discharged, charged], converged=not notes, note="; ".join(notes) or None,
        caveats=caveats({x.symbol for x in cells[discharged].composition}))
    return item, [StructureRef(**metal["structure"])], batch.used(results)
