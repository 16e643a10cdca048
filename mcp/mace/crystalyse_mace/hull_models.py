"""Results of the hull tools."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Finite, Potential, Result, StructureRef, unit

from .models import EV_ATOM


class Thresholds(Result):
    """Bounds of the verdicts, in eV/atom above the hull."""

    on_hull: Finite = unit(EV_ATOM, "up to here a phase counts as on the hull (numerical noise)", ge=0, le=1)
    near: Finite = unit(EV_ATOM, "up to here it is near the hull", ge=0, le=1)
    metastable: Finite = unit(EV_ATOM, "up to here it may be metastable; beyond it is above the hull", ge=0, le=2)


class Competing(Result):
    """A phase of the hull."""

    formula: str
    phase: str = Field(description="the phase's name, for example Fe2O3 (corundum)")
    structure_id: str
    kind: str = Field(description="element | known | earlier result | candidate")
    source: str
    formation_energy_per_atom: Finite = unit(EV_ATOM, "formation energy by the same potential", "competing_formation_energy_per_atom")
    on_hull: bool


class HullInfo(Result):
    """Which hull a verdict is relative to."""

    kind: str = Field(description="same potential: every phase was relaxed with the potential named beside it")
    system: str = Field(description="the chemical system, for example Fe-O")
    entries: int = unit("", "phases in the hull, the candidates included", "hull_entries")
    date: str = Field(description="when it was built")
    known_phases_date: str = Field(description="date of the list of known phases")
    energy_level: str
    competing: list[Competing]
    missing: list[str] = Field(description="what is known to belong to this hull and is not in it")


class Product(Result):
    """A product of the decomposition onto the hull."""

    formula: str
    structure_id: str
    fraction: Finite = unit("", "share of the atoms", "decomposition_fraction")


class HullItem(Result):
    """Where one structure stands relative to its hull."""

    structure_id: str
    formula: str
    n_formula_units: int = unit("", "formula units in the stored cell (Z)")
    energy_above_hull_per_atom: Finite | None = unit(
        EV_ATOM, "energy above the hull in eV/atom; null when the verdict is unknown", "energy_above_hull_per_atom")
    energy_above_partial_hull_per_atom: Finite | None = unit(
        EV_ATOM, "the same over what is there of an incomplete hull: a lower bound of the energy above the whole one", "energy_above_partial_hull_per_atom")
    energy_below_competing_per_atom: Finite | None = unit(
        EV_ATOM, "for a phase on the hull: how far below the hull of all other phases it lies", "energy_below_competing_per_atom")
    formation_energy_per_atom: Finite | None = unit(EV_ATOM, "formation energy in eV/atom, MP2020-corrected", "formation_energy_per_atom")
    decomposition: list[Product] = Field(description="what it would decompose into; itself when it is on the hull")
    verdict: str = Field(description="in words, for example: on the hull of these 5 phases")
    threshold: Finite | None = unit(EV_ATOM, "the bound that the verdict used", "stability_threshold")
    model_error: Finite | None = unit(EV_ATOM, "the potential's published mean absolute error; null when none is published", "published_model_error")
    converged: bool = Field(description="whether the structure is relaxed; one that is not gets no verdict")
    note: str | None
    caveats: list[str]
    hull: HullInfo


class HullResult(Result):
    """Energies above the hull. On the hull of known phases is not a proof of stability: 0 K, no vibrations, only these phases."""

    items: list[HullItem]
    thresholds: Thresholds
    n_cut: int = unit("", "listed known phases that are missing because the time did not allow to relax them")
    model_error_source: str | None
    potential: Potential
    structures: list[StructureRef] = Field(description="the reference phases")
