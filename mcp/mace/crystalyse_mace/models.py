"""Results of the potential server."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Artifact, Finite, Potential, Result, StructureRef, unit

EV, EV_ATOM, FORCE = "eV", "eV/atom", "eV/angstrom"
GPA_PER_EV_ANGSTROM3 = 160.21766208  # CODATA 2018, as ASE has it


class ModelItem(Result):
    """A potential, with or without weights here."""

    key: str = Field(description="what to pass as `potential`")
    name: str
    version: str
    energy_level: str
    available: bool
    description: str
    license: str
    checkpoint_sha256: str | None
    what_to_do: str | None = Field(description="how to get it, when it has no weights here")


class ModelsResult(Result):
    """The potentials of this server; the first available one is `auto`."""

    items: list[ModelItem]
    default: str | None


class EnergyResult(Result):
    """A single point: the structure as it is, nothing relaxed."""

    structure_id: str
    formula: str
    n_atoms: int = unit("", "atoms in the cell")
    total_energy: Finite = unit(EV, "energy of the cell in eV", "total_energy")
    energy_per_atom: Finite = unit(EV_ATOM, "energy in eV/atom, on the potential's own scale: not a formation energy", "energy_per_atom")
    max_force: Finite = unit(FORCE, "largest force on an atom in eV/angstrom", "max_force")
    max_stress: Finite = unit("GPa", "largest stress component in GPa", "max_stress")
    potential: Potential


class RelaxResult(Result):
    """A relaxed structure. A result that is not converged must not be ranked."""

    structure_id: str = Field(description="the relaxed structure")
    input_structure_id: str
    formula: str
    n_atoms: int = unit("", "atoms in the cell")
    total_energy: Finite = unit(EV, "energy of the relaxed cell in eV", "total_energy")
    energy_per_atom: Finite = unit(EV_ATOM, "energy in eV/atom, on the potential's own scale: not a formation energy", "energy_per_atom")
    initial_energy_per_atom: Finite = unit(EV_ATOM, "energy before relaxation in eV/atom", "initial_energy_per_atom")
    max_force: Finite = unit(FORCE, "largest remaining force, cell included, in eV/angstrom", "max_force")
    fmax: Finite = unit(FORCE, "the force threshold asked for in eV/angstrom", "fmax_threshold")
    steps: int = unit("", "optimizer steps")
    converged: bool
    cut_short: bool = Field(description="the time for it was spent before it converged; this is how far it came")
    volume_change_percent: Finite = unit("%", "change of the cell volume", "volume_change")
    resumed_from_step: int | None = unit("", "the step this went on from after an interruption; null when it ran through")
    structures: list[StructureRef]
    artifacts: list[Artifact]
    potential: Potential


class ScreenItem(Result):
    """One member of a screening."""

    structure_id: str
    formula: str
    energy_per_atom: Finite | None = unit(EV_ATOM, "unrelaxed energy in eV/atom; null when it failed", "unrelaxed_energy_per_atom")
    max_force: Finite | None = unit(FORCE, "largest force in eV/angstrom", "max_force")
    rank: int | None = unit("", "1 is the lowest energy of its composition", "screening_rank")
    error: str | None


class ScreenResult(Result):
    """Unrelaxed energies of many structures, lowest first."""

    items: list[ScreenItem]
    n_failed: int = unit("", "members without an energy")
    potential: Potential


class BatchItem(Result):
    """One member of a batch relaxation."""

    input_structure_id: str
    structure_id: str | None = Field(description="the relaxed structure; null when it failed")
    formula: str
    label: str | None = Field(description="where the input came from, for example a prototype's name")
    energy_per_atom: Finite | None = unit(EV_ATOM, "energy in eV/atom", "energy_per_atom")
    energy_above_best: Finite | None = unit(
        EV_ATOM, "energy above the best member of the same composition in eV/atom", "energy_above_best", expression="expression", inputs="inputs")
    max_force: Finite | None = unit(FORCE, "largest remaining force in eV/angstrom", "max_force")
    steps: int | None = unit("", "optimizer steps")
    converged: bool
    rank: int | None = unit("", "1 is the lowest energy of its composition; only converged, distinct members are ranked", "rank")
    duplicate_of: str | None = Field(description="the better member that this relaxed into")
    space_group_symbol: str | None
    space_group_number: int | None = unit("", "international number at the batch's symprec")
    stage: str = Field(description="coarse, or full for the best few")
    expression: str = Field(description="of energy_above_best; empty without one")
    inputs: list[str] = Field(description="the relaxed structures that the expression is made of")
    error: str | None


class BatchResult(Result):
    """Many structures relaxed; duplicates merged, only converged ones ranked."""

    items: list[BatchItem]
    best_structure_id: str | None = Field(
        description="the lowest-energy structure found; null when nothing converged or the members are of several compositions")
    n_members: int = unit("", "structures worked on")
    n_cut: int = unit("", "structures given that were left out when the time for the search was spent")
    n_converged: int = unit("", "members that converged")
    n_failed: int = unit("", "members that failed")
    n_duplicates: int = unit("", "members that relaxed into another one")
    n_fully_relaxed: int = unit("", "members that were relaxed to the tight threshold")
    n_unrefined: int = unit("", "of the best, those that the time did not allow to relax to the tight threshold")
    symprec: Finite = unit("angstrom", "tolerance of the space groups shown")
    resumed_from_step: int | None = unit("", "the furthest step that a member went on from after an interruption")
    structures: list[StructureRef]
    artifacts: list[Artifact]
    potential: Potential


class Reference(Result):
    """An elemental reference phase, relaxed with the same potential."""

    element: str
    phase: str
    structure_id: str
    energy_per_atom: Finite = unit(EV_ATOM, "energy of the reference phase in eV/atom", "reference_energy_per_atom")
    converged: bool


class FormationItem(Result):
    """The formation energy of one structure."""

    structure_id: str
    formula: str
    energy_per_atom: Finite | None = unit(EV_ATOM, "energy of the structure in eV/atom; null when it failed", "energy_per_atom")
    correction_per_atom: Finite | None = unit(
        EV_ATOM, "MP2020 correction that the potential's raw energy got; 0 for a potential whose energies hold it already", "mp2020_correction_per_atom")
    corrections: list[str] = Field(description="the parts of the correction, for example 'anion correction (oxide)'")
    formation_energy_per_atom: Finite | None = unit(
        EV_ATOM, "formation energy relative to the elemental reference phases in eV/atom, MP2020-corrected; null when it failed or a reference "
        "did not converge", "formation_energy_per_atom", expression="expression", inputs="inputs")
    formation_energy_per_formula_unit: Finite | None = unit(
        EV, "the same for one formula unit, as the formula is written here", "formation_energy_per_formula_unit",
        expression="formula_unit_expression", inputs="inputs")
    formation_energy_molar: Finite | None = unit(
        "kJ/mol", "the same for a mole of formula units; at 0 K, where a measured enthalpy is at 298 K", "formation_energy_molar",
        expression="molar_expression", inputs="inputs")
    converged: bool = Field(description="whether the given structure is relaxed: forces, those of the stress on the cell included, below fmax")
    max_force: Finite | None = unit(FORCE, "largest force on an atom of the given structure", "max_force")
    max_stress: Finite | None = unit("GPa", "largest stress component of the given structure", "max_stress")
    references: list[Reference]
    expression: str
    formula_unit_expression: str
    molar_expression: str
    inputs: list[str] = Field(description="the structures that the expressions are made of")
    note: str | None
    caveats: list[str] = Field(description="what to know of energies with these elements (magnetism, +U, f electrons)")
    error: str | None = Field(description="why this structure has no energy")


class FormationResult(Result):
    """Formation energies, all at one level. Negative does not mean stable: that needs the competing phases."""

    items: list[FormationItem]
    energy_level: str = Field(description="the level of every formation energy here")
    potential: Potential
    structures: list[StructureRef] = Field(description="the reference phases")
