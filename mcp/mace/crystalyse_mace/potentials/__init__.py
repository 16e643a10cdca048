"""The potentials this server knows. A call never downloads anything."""

from __future__ import annotations

from crystalyse_common.errors import ToolFault

from .base import LoadedPotential, PotentialInfo
from .chgnet import ChgnetFamily
from .mace import MaceFamily
from .sevennet import SevenNetFamily

FAMILIES = (ChgnetFamily(), MaceFamily(), SevenNetFamily())

# What upstream and other clients call them. MACE's names stay MACE's: no other model answers to them.
ALIASES = {"chgnet-0.3.0": "chgnet", "7net-0": "sevennet", "sevennet-0": "sevennet", "mace": "mace-medium-mpa-0", "mace_mp": "mace-medium-mpa-0",
           "medium-mpa-0": "mace-medium-mpa-0"}


def known() -> list[PotentialInfo]:
    """Every potential, with or without weights here; the default first."""
    return [info for family in FAMILIES for info in family.list()]


def resolve(name: str) -> PotentialInfo:
    """The potential of a name; "auto" is the first with weights.

    Raises:
        ToolFault: unsupported (unknown) or unavailable (no weights), naming the field.
    """
    infos = known()
    name = ALIASES.get(name.lower(), name)
    ready = [i for i in infos if i.available]
    if name == "auto":
        if not ready:
            raise ToolFault("unavailable", "no potential has weights here", "potential", ["run `crystalyse doctor`"])
        return ready[0]
    for info in infos:
        if info.key == name.lower():
            if not info.available:
                raise ToolFault("unavailable", f"{info.name} has no weights here", "potential",
                                [info.what_to_do or "", f"use one of: {', '.join(i.key for i in ready)}"])
            return info
    raise ToolFault("unsupported", f"there is no potential {name[:40]!r}", "potential", [f"use one of: auto, {', '.join(i.key for i in ready)}"])


def load(info: PotentialInfo) -> LoadedPotential:
    """Load the weights; slow, so engines keep the result."""
    for family in FAMILIES:
        if family.key == info.family:
            return family.load(info)
    raise ToolFault("internal", f"no family {info.family}")
