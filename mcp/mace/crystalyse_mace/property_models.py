"""Results of the tools for elastic response, disagreement and batteries."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Finite, Potential, Result, StructureRef, unit

from .models import EV_ATOM

VOLUME, GPA = "angstrom^3", "GPa"


class StressResult(Result):
    """The stress of a structure as it is."""

    structure_id: str
    formula: str
    stress_tensor: list[list[Finite]] = Field(description="3x3 stress tensor in GPa; positive under tension", json_schema_extra={"unit": GPA, "value": "stress"})
    pressure: Finite = unit(GPA, "minus a third of the trace: positive when the crystal wants to expand", "pressure")
    von_mises_stress: Finite = unit(GPA, "von Mises stress", "von_mises_stress")
    max_shear_stress: Finite = unit(GPA, "half the difference of the extreme principal stresses", "max_shear_stress")
    potential: Potential


class EosPoint(Result):
    """One volume of an equation of state."""

    volume_per_atom: Finite = unit("angstrom^3/atom", "volume per atom", "eos_volume_per_atom")
    energy_per_atom: Finite | None = unit(EV_ATOM, "energy with the atoms relaxed in this cell; null when it failed", "eos_energy_per_atom")
    converged: bool
    structure_id: str | None
    error: str | None


class EosResult(Result):
    """An equation of state: energies over volumes, the cell's shape kept, the atoms relaxed."""

    structure_id: str
    formula: str
    equation: str
    bulk_modulus: Finite | None = unit(GPA, "bulk modulus at the equilibrium volume; null when no fit is trusted", "bulk_modulus", expression="expression", inputs="inputs")
    bulk_modulus_derivative: Finite | None = unit("", "its pressure derivative", "bulk_modulus_derivative", expression="expression", inputs="inputs")
    equilibrium_volume_per_atom: Finite | None = unit("angstrom^3/atom", "volume of lowest energy", "equilibrium_volume_per_atom", expression="expression", inputs="inputs")
    residual: Finite | None = unit(EV_ATOM, "root mean square deviation of the fit", "eos_residual")
    points: list[EosPoint]
    expression: str
    inputs: list[str]
    converged: bool = Field(description="whether all points converged and the fit can be trusted")
    note: str | None
    caveats: list[str]
    potential: Potential


class Opinion(Result):
    """What one potential says of a structure."""

    potential: Potential
    formation_energy_per_atom: Finite | None = unit(EV_ATOM, "formation energy in eV/atom, MP2020-corrected", "formation_energy_per_atom")
    volume_per_atom: Finite | None = unit("angstrom^3/atom", "volume per atom of the structure, relaxed where that was asked for", "volume_per_atom")
    converged: bool
    note: str | None


class Comparison(Result):
    """The opinions on one structure."""

    structure_id: str
    formula: str
    opinions: list[Opinion]
    spread: Finite | None = unit(EV_ATOM, "largest minus smallest formation energy: disagreement of the potentials, not an error bar; null with fewer than two",
                                 "model_disagreement")


class CompareResult(Result):
    """Several potentials on the same structures, at one energy level."""

    items: list[Comparison]
    energy_level: str
    n_potentials: int = unit("", "potentials that were compared")
    note: str


class CapacityItem(Result):
    """The theoretical capacity of an electrode."""

    formula: str = Field(description="the discharged composition, one formula unit")
    ion: str
    n: Finite = unit("", "electrons exchanged per formula unit", "electrons_per_formula_unit")
    molar_mass: Finite = unit("g/mol", "molar mass of the discharged formula unit", "molar_mass")
    gravimetric_capacity: Finite = unit("mAh/g", "theoretical gravimetric capacity for this n", "gravimetric_capacity", expression="expression", inputs="inputs")
    expression: str
    inputs: list[str]


class VoltageItem(Result):
    """The average voltage between two relaxed end members."""

    discharged_id: str
    charged_id: str
    reaction: str
    average_voltage: Finite | None = unit("V", "average voltage against the metal; null when an end member is not relaxed", "average_voltage",
                                          expression="expression", inputs="inputs")
    volume_change_percent: Finite = unit("%", "change of the host's volume on charging", "volume_change", expression="volume_expression", inputs="hosts")
    ions_removed: Finite = unit("", "ions removed per formula unit of the discharged composition", "ions_removed")
    expression: str
    inputs: list[str]
    volume_expression: str = Field(description="the formula of volume_change_percent")
    hosts: list[str] = Field(description="the two structures that volume_change_percent compares")
    converged: bool
    note: str | None
    caveats: list[str]


class BatteryResult(Result):
    """Capacity of a composition, and with two end members voltage and volume change. No rates, no cycling, 0 K."""

    capacity: CapacityItem
    voltage: VoltageItem | None
    potential: Potential | None
    structures: list[StructureRef] = Field(description="the metal's reference phase")
