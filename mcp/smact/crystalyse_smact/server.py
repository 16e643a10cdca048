"""The tools of the smact server."""

from __future__ import annotations

from typing import Annotated, ClassVar

import anyio
from pydantic import Field

from crystalyse_common.errors import typed_errors
from crystalyse_common.server import Server

# Imported here, in one thread: two tools importing pymatgen at the same time
# meet a half-initialized module.
from . import enumerate as systems
from . import heuristics
from . import validate as validity
from .models import DopantResult, ElementResult, FilterResult, StabilityResult, ValidateResult, VectorResult

VERSION = "0.1.0"


class SmactServer(Server):
    """The server with the names that other projects use."""

    aliases: ClassVar[dict[str, str]] = {"smact_validity": "validate_composition", "smact_validate_fast": "validate_composition", "quick_validity_check": "validate_composition",
                                         "generate_compositions": "filter_compositions", "get_element_info": "element_info"}
    renamed: ClassVar[dict[str, dict[str, str]]] = {
        "validate_composition": {"composition": "compositions[]", "formula": "compositions[]"}, "analyze_stability": {"composition": "compositions[]"},
        "filter_compositions": {"threshold": "max_stoichiometry"}, "element_info": {"element": "elements[]", "symbol": "elements[]"}}


mcp = SmactServer("smact", version=VERSION, log_level="WARNING",
             instructions="Composition checks by SMACT: charge balance with oxidation states. Valid is not stable.")

Formula = Annotated[str, Field(min_length=1, max_length=100)]
Symbol = Annotated[str, Field(min_length=1, max_length=3)]


@mcp.tool()
@typed_errors
async def validate_composition(
    compositions: Annotated[list[Formula], Field(min_length=1, max_length=200, description="formulas such as LiFePO4")],
    use_pauling_test: Annotated[bool, Field(description="require cations to be less electronegative than anions")] = True,
    include_alloys: Annotated[bool, Field(description="treat all-metal compositions as not applicable rather than invalid")] = True,
) -> ValidateResult:
    """Check whether compositions are charge-balanced (SMACT), with the balancing oxidation states.

    Pass all compositions in one call. Mixed valence (Fe3O4, LiMn2O4) is tried by itself when the plain test fails,
    and flagged. Elements and intermetallics are "not applicable", not "valid". Valid means charge-balanced, not stable.
    """
    return await anyio.to_thread.run_sync(lambda: validity.validate(compositions, use_pauling=use_pauling_test, include_alloys=include_alloys))


@mcp.tool()
@typed_errors
async def filter_compositions(
    elements: Annotated[list[Symbol], Field(min_length=2, max_length=6, description="element symbols of the chemical system; every one occurs in each result")],
    max_stoichiometry: Annotated[int, Field(ge=1, le=8, description="largest amount of an element in the formula")] = 6,
    max_results: Annotated[int, Field(ge=1, le=500)] = 30,
) -> FilterResult:
    """List charge-balanced compositions that contain all the given elements, those with the most usual oxidation states first.

    Charge balance and the Pauling test only: these are candidates, not stable compounds.
    """
    return await anyio.to_thread.run_sync(lambda: systems.filter_compositions(elements, max_stoichiometry, max_results))


@mcp.tool()
@typed_errors
async def element_info(
    elements: Annotated[list[Symbol], Field(min_length=1, max_length=20)],
) -> ElementResult:
    """Give oxidation states (ICSD-24 consensus), Pauling electronegativity and metallic character of elements."""
    return await anyio.to_thread.run_sync(lambda: systems.element_info(elements))


@mcp.tool()
@typed_errors
async def analyze_stability(
    compositions: Annotated[list[Formula], Field(min_length=1, max_length=200, description="formulas such as LiFePO4")],
) -> StabilityResult:
    """Give composition heuristics (electronegativity difference, metallicity score, charge balance). HEURISTICS, no energies:

    nothing here says whether a compound is stable. For that relax a structure and use calculate_energy_above_hull.
    """
    return await anyio.to_thread.run_sync(lambda: heuristics.stability(compositions))


@mcp.tool()
@typed_errors
async def predict_dopants(
    species: Annotated[list[Annotated[str, Field(min_length=2, max_length=8)]], Field(
        min_length=2, max_length=8, description="ions of the host with their charges, for example Ca2+, Ti4+, O2-")],
    num_dopants: Annotated[int, Field(ge=1, le=20, description="suggestions of each kind")] = 5,
) -> DopantResult:
    """Suggest n- and p-type dopants for a host by statistics of ionic substitution (SMACT). Suggestions, not computed defects."""
    return await anyio.to_thread.run_sync(lambda: heuristics.dopants(species, num_dopants))


@mcp.tool()
@typed_errors
async def generate_ml_representation(composition: Formula) -> VectorResult:
    """Give the composition as a vector of 103 element fractions (H to Lr), for machine learning."""
    return await anyio.to_thread.run_sync(lambda: heuristics.vector(composition))
