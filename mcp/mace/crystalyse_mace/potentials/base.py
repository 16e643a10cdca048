"""What a potential is to the rest of the server."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Protocol

from crystalyse_common.errors import ToolFault
from crystalyse_common.weights import sha256_of

__all__ = ["CORRECTED", "OUT_OF_TIME", "RAW", "Family", "LoadedPotential", "PotentialInfo", "device", "matbench", "sha256_of"]

CORRECTED = "MP2020-corrected"
RAW = "raw PBE(+U)"
OUT_OF_TIME = "time"  # why an engine stopped a calculation whose `answer_by` has passed


@dataclass(frozen=True)
class PotentialInfo:
    """A potential as listed.

    Attributes:
        key: what callers write, lower case.
        energy_level: CORRECTED or RAW; the two are never mixed.
        runtime: the interpreter its engines run in; empty for this server's own.
        published_error: mean absolute error on Matbench Discovery's full test set in eV/atom, with its source.
    """

    key: str
    family: str
    name: str
    version: str
    energy_level: str
    available: bool
    path: str = ""
    description: str = ""
    license: str = ""
    what_to_do: str | None = None
    runtime: str = ""
    published_error: tuple[float, str] | None = None


@dataclass
class LoadedPotential:
    """A potential in memory, as an ASE calculator."""

    info: PotentialInfo
    calculator: Any
    device: str
    checkpoint_sha256: str
    elements: frozenset[str] = field(default_factory=frozenset)  # empty: all

    def describe(self) -> dict[str, str]:
        """The object that travels with every number."""
        return {"name": self.info.name, "version": self.info.version, "checkpoint_sha256": self.checkpoint_sha256,
                "device": self.device, "energy_level": self.info.energy_level}


def matbench(error: float) -> tuple[float, str]:
    """A published error of formation energies in eV/atom."""
    return error, "Matbench Discovery, full test set (Riebesell et al. 2025)"


def device() -> str:
    """Where engines compute: CRYSTALYSE_DEVICE, else CUDA where there is one.

    Raises:
        ToolFault: unavailable, when the wanted device is not there.
    """
    import torch

    wanted = os.environ.get("CRYSTALYSE_DEVICE", "auto")
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ToolFault("unavailable", f"CRYSTALYSE_DEVICE={wanted}, but there is no CUDA device", "potential",
                        ["set CRYSTALYSE_DEVICE=auto"])
    return wanted


class Family(Protocol):
    """A kind of potential."""

    key: str

    def list(self) -> list[PotentialInfo]:
        """Its potentials; cheap, without importing torch."""
        ...

    def load(self, info: PotentialInfo) -> LoadedPotential:
        """Load one."""
        ...
