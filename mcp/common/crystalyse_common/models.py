"""Result types that several servers share. Units are in the schema.

`json_schema_extra={"unit": ..., "value": ...}` names the unit and the canonical
name of a number; the host stores every number under them.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _finite(x: float) -> float:
    if not math.isfinite(x):
        raise ValueError("not a finite number")
    return x


Finite = Annotated[float, AfterValidator(_finite)]


class Result(BaseModel):
    """Base of every result: no unknown fields, no NaN."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), serialize_by_alias=True)


def unit(unit: str, description: str, value: str | None = None, expression: str | None = None, inputs: str | None = None, **kwargs: Any) -> Any:
    """A number field with its unit and, where it has one, its canonical name.

    A derived number names the fields beside it that hold its expression (text)
    and its inputs (a list of structure ids or value keys).
    """
    extra: dict[str, Any] = {"unit": unit}
    if expression is not None:
        extra["expression"] = expression
    if inputs is not None:
        extra["inputs"] = inputs
    if value is not None:
        extra["value"] = value
    return Field(description=description, json_schema_extra=extra, **kwargs)


class Lattice(Result):
    """Cell parameters of the structure as stored."""

    a: Finite = unit("angstrom", "length of a in angstrom")
    b: Finite = unit("angstrom", "length of b in angstrom")
    c: Finite = unit("angstrom", "length of c in angstrom")
    alpha: Finite = unit("degree", "angle between b and c in degrees")
    beta: Finite = unit("degree", "angle between a and c in degrees")
    gamma: Finite = unit("degree", "angle between a and b in degrees")
    volume: Finite = unit("angstrom^3", "cell volume in cubic angstrom")


class SpaceGroup(Result):
    """A space group with the tolerance it was found at."""

    symbol: str = Field(description="Hermann-Mauguin symbol, for example Fm-3m")
    number: int = unit("", "international number 1..230", "space_group_number")
    symprec: Finite = unit("angstrom", "distance tolerance of the symmetry search in angstrom")


class StructureRef(Result):
    """A stored crystal structure, by id; coordinates stay in the artifact folder."""

    structure_id: str = Field(description="id to pass to other tools")
    formula: str = Field(description="reduced formula")
    n_atoms: int = unit("", "atoms in the stored cell")
    n_formula_units: int = unit("", "formula units in the stored cell (Z)")
    origin: str = Field(description="prototype | pyxtal | chemeleon | relaxed | input | reference")
    parent_id: str | None = Field(default=None, description="the structure this one was made from")
    label: str | None = Field(default=None, description="for example the prototype's name")
    space_group: SpaceGroup | None = None
    lattice: Lattice
    volume_per_atom: Finite = unit("angstrom^3/atom", "cell volume per atom", "volume_per_atom")


class Potential(Result):
    """The machine-learned potential that computed the numbers beside it."""

    name: str
    version: str
    checkpoint_sha256: str
    device: str
    energy_level: str = Field(description="MP2020-corrected, or raw PBE(+U)")


class Artifact(Result):
    """A file in the artifact folder, by its relative path."""

    kind: str
    structure_id: str | None = None
    path: str
