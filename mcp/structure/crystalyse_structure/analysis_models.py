"""Results of the comparison, diffraction and oxidation-state tools."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Artifact, Finite, Result, StructureRef, unit


class SiteState(Result):
    """One site's oxidation state and what its bonds say of it."""

    site: int = unit("", "index of the site in the stored structure")
    element: str
    oxidation_state: Finite | None = unit("", "assigned oxidation state; null when none could be assigned", "oxidation_state")
    bond_valence_sum: Finite | None = unit("valence unit", "sum of bond valences; null without parameters", "bond_valence_sum")
    reasonable: bool | None = Field(description="whether the two differ by less than 0.5; null when one is missing")


class OxidationResult(Result):
    """Oxidation states of a structure's sites, checked by bond valence sums."""

    structure_id: str
    formula: str
    method: str = Field(description="bond valence analysis, or guessed from the composition where that fails")
    charge_balanced: bool
    oxidation_states: dict[str, list[Finite]] = Field(description="element -> the states assigned to its sites")
    reasonable_fraction: Finite | None = unit("", "share of the sites whose bond valence sum agrees")
    sites: list[SiteState]
    note: str | None


class Match(Result):
    """Two structures that are the same crystal."""

    first: str
    second: str
    rms: Finite = unit("", "root mean square displacement, normalized by the cube root of the volume per atom", "match_rms")


class MatchResult(Result):
    """Groups of structures that are the same crystal within the tolerances."""

    groups: list[list[str]]
    matches: list[Match]
    n_distinct: int = unit("", "distinct structures")
    tolerances: str


class NoveltyItem(Result):
    """Whether a structure is in the set it was compared to."""

    structure_id: str
    formula: str
    in_set: bool = Field(description="whether the set holds the same crystal", json_schema_extra={"value": "in_reference_set"})
    composition_in_set: bool = Field(description="whether the set holds the composition, in any structure")
    matched: str | None = Field(description="the phase or structure it equals")
    rms: Finite | None = unit("", "normalized displacement to it", "match_rms")
    wording: str


class NoveltyResult(Result):
    """Novelty relative to one named, dated set. Nothing is said of what is outside it."""

    items: list[NoveltyItem]
    set_name: str
    set_date: str
    set_size: int = unit("", "structures in the set")


class Peak(Result):
    """One reflection."""

    two_theta: Finite = unit("degree", "diffraction angle", "two_theta")
    intensity: Finite = unit("%", "intensity relative to the strongest", "relative_intensity")
    d_spacing: Finite = unit("angstrom", "spacing of the lattice planes", "d_spacing")
    hkl: list[str] = Field(description="indices of the planes that overlap here, in the axes of the conventional cell")


class XrdResult(Result):
    """A simulated powder pattern of the ideal crystal: no texture, strain or thermal motion."""

    structure_id: str
    formula: str
    radiation: str
    wavelength: Finite = unit("angstrom", "wavelength", "wavelength")
    peaks: list[Peak] = Field(description="the strongest, by angle")
    n_peaks: int = unit("", "reflections in the range, all in the file")
    artifacts: list[Artifact]


class RemoveResult(Result):
    """A structure with an element taken out; not relaxed."""

    structures: list[StructureRef]
    removed: int = unit("", "atoms taken out of the cell")
    kept: int = unit("", "atoms of the element that stayed")


class SubstituteResult(Result):
    """A structure with other elements on its sites; not relaxed."""

    structures: list[StructureRef]
    replaced: int = unit("", "atoms of the cell that were replaced")
    rescaled: bool = Field(description="whether the cell was given the volume that the DLS predictor expects of the new elements")
