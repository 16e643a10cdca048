"""Results of the smact server."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Finite, Result, unit


class CompositionItem(Result):
    """The verdict on one composition."""

    input: str
    formula: str | None = Field(description="reduced formula; null when the input is no formula")
    valid: bool | None = Field(
        description="whether SMACT finds a charge-balanced assignment; null when the test does not apply or the input is no formula",
        json_schema_extra={"value": "composition_valid"})
    applicable: bool = Field(description="false for elements and intermetallics, where charge balance says nothing")
    charge_balanced: bool | None
    oxidation_states: dict[str, list[int]] | None = Field(description="the balancing assignment: element -> its state, or its two states when mixed-valence")
    assignment: str | None = Field(description="the balancing assignment written out, for example Fe(2+) Fe(3+)2 O(2-)4")
    mixed_valence: bool = Field(description="true when it balances only with one element in two states")
    reason: str = Field(description="why, in one sentence")
    error: str | None = Field(default=None, description="why the input could not be read")


class ValidateResult(Result):
    """Verdicts on a list of compositions, in its order."""

    items: list[CompositionItem]
    n_valid: int = unit("", "compositions that are valid")
    n_invalid: int = unit("", "compositions that are not valid")
    n_not_applicable: int = unit("", "compositions the test does not apply to")
    n_errors: int = unit("", "inputs that are no formula")
    oxidation_states_set: str
    smact_version: str


class FilteredItem(Result):
    """A charge-balanced composition."""

    formula: str
    oxidation_states: dict[str, list[int]]
    assignment: str
    n_atoms: int = unit("", "atoms in one formula unit")


class FilterResult(Result):
    """Charge-balanced compositions of a chemical system, most usual states first."""

    elements: list[str]
    items: list[FilteredItem]
    n_tried: int = unit("", "combinations of oxidation states and amounts that were tested")
    n_valid: int = unit("", "compositions found, before the list was cut")
    truncated: bool
    max_stoichiometry: int = unit("", "largest amount of an element that was tried")
    oxidation_states_set: str
    smact_version: str


class ElementItem(Result):
    """What smact knows of an element."""

    symbol: str
    name: str
    atomic_number: int = unit("", "atomic number")
    pauling_electronegativity: float | None = unit("", "Pauling electronegativity; null when not tabulated")
    oxidation_states: list[int] = Field(description="ICSD-24 consensus oxidation states")
    is_metal: bool


class ElementResult(Result):
    """Element data, in the order asked for."""

    items: list[ElementItem]
    smact_version: str


class StabilityItem(Result):
    """Composition heuristics of one formula."""

    input: str
    formula: str | None
    electronegativity_difference: Finite | None = unit("", "largest minus smallest Pauling electronegativity", "electronegativity_difference")
    bonding: str | None = Field(description="a rule of thumb from the electronegativity difference")
    metallicity_score: Finite | None = unit("", "SMACT's score, 0 (not metallic) to 1 (metallic)", "metallicity_score")
    valid: bool | None = Field(description="whether charges balance; null when the test does not apply", json_schema_extra={"value": "composition_valid"})
    error: str | None = None


class StabilityResult(Result):
    """Heuristics on compositions. They say nothing of thermodynamic stability."""

    items: list[StabilityItem]
    basis: str = Field(description="what these are: heuristics")
    smact_version: str


class Dopant(Result):
    """A suggested substitution."""

    dopant: str
    replaces: str
    probability: Finite = unit("", "substitution probability by mined statistics", "substitution_probability")
    similarity: Finite = unit("", "substitution similarity", "substitution_similarity")
    selectivity: Finite = unit("", "share of the probability on this host site", "dopant_selectivity")
    score: Finite = unit("", "combined score: higher is more likely", "dopant_score")


class DopantResult(Result):
    """Suggested dopants, best first."""

    species: list[str]
    n_type_cation: list[Dopant]
    p_type_cation: list[Dopant]
    n_type_anion: list[Dopant]
    p_type_anion: list[Dopant]
    basis: str
    smact_version: str


class VectorResult(Result):
    """A composition as numbers."""

    formula: str
    vector: list[Finite] = Field(description="fractions of the elements H to Lr, in order of atomic number; they sum to 1")
    length: int = unit("", "length of the vector")
    smact_version: str
