"""Results of the structure generation server."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Result, StructureRef, unit


class Rejected(Result):
    """Why generated structures were not kept."""

    short_contact: int = unit("", "structures with atoms too close together")
    composition: int = unit("", "structures whose composition was not the requested one")
    duplicate: int = unit("", "structures equal to one already kept (StructureMatcher)")
    failed: int = unit("", "attempts that gave no structure")


class ModelUsed(Result):
    """The generative model behind a structure."""

    name: str
    version: str
    checkpoint_sha256: str


class GenerateResult(Result):
    """Candidate structures of one composition; not relaxed, not ranked."""

    formula: str
    structures: list[StructureRef]
    n_kept: int = unit("", "structures returned")
    n_prototype: int = unit("", "structures returned that come from prototypes")
    n_chemeleon: int = unit("", "structures returned that the Chemeleon model made")
    n_pyxtal: int = unit("", "structures returned that are random within a space group")
    n_tried: int = unit("", "structures generated, rejected ones included")
    n_rejected: Rejected
    z_values: list[int] = Field(description="numbers of formula units in the cells returned")
    n_space_groups: int = unit("", "different space groups among the structures returned")
    model: ModelUsed | None = Field(description="the generative model, where one took part")
    method: str
    seed: int = unit("", "random seed; the same seed gives the same structures")
    generators: dict[str, str] = Field(description="generator -> version of its library")


class DeNovoResult(Result):
    """Structures of compositions that the model chose; not relaxed, not ranked, not checked for charge balance."""

    structures: list[StructureRef]
    formulas: list[str]
    n_kept: int = unit("", "structures returned")
    n_tried: int = unit("", "structures generated, rejected ones included")
    n_rejected: Rejected
    seed: int = unit("", "random seed; the same seed gives the same structures")
    model: ModelUsed


class Generator(Result):
    """A way to generate structures."""

    name: str
    available: bool
    version: str
    description: str
    what_to_do: str | None = Field(default=None, description="how to get it, when it is not available")


class GeneratorsResult(Result):
    """The generators of this server."""

    items: list[Generator]
