"""What a potential is to the rest of the server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

CORRECTED = "MP2020-corrected"
RAW = "raw PBE(+U)"


@dataclass(frozen=True)
class PotentialInfo:
    """A potential as listed.

    Attributes:
        key: what callers write, lower case.
        energy_level: CORRECTED or RAW; the two are never mixed.
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


class Family(Protocol):
    """A kind of potential."""

    key: str

    def list(self) -> list[PotentialInfo]:
        """Its potentials; cheap, without importing torch."""
        ...

    def load(self, info: PotentialInfo) -> LoadedPotential:
        """Load one."""
        ...


def sha256_of(path: str) -> str:
    """The hash of a checkpoint file, computed again only when the file changes."""
    stat = Path(path).stat()
    return _sha256(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=32)
def _sha256(path: str, _mtime: int, _size: int) -> str:
    h = hashlib.sha256()
    with Path(path).open("rb") as f:
        while chunk := f.read(1 << 20):
            h.update(chunk)
    return h.hexdigest()
