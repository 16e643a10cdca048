"""SevenNet-0 (Park et al. 2024): an optional extra in an environment and a process of its own.

Its package is under the GPL and wants other libraries than MACE. The server only
looks whether CRYSTALYSE_SEVENNET_PYTHON has it; engines run in that interpreter.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from crystalyse_common.errors import ToolFault
from crystalyse_common.weights import check_hash

from .base import RAW, LoadedPotential, PotentialInfo, device, matbench

NAME = "SevenNet-0 (11Jul2024)"


def _site_packages() -> Path | None:
    """Where the package is: beside the configured interpreter, or in this one (inside its engine)."""
    spec = find_spec("sevenn")
    if spec is not None and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]).parent
    python = os.environ.get("CRYSTALYSE_SEVENNET_PYTHON")
    found = sorted(Path(python).parents[1].glob("lib/python3*/site-packages/sevenn")) if python else []
    return found[0].parent if found else None


class SevenNetFamily:
    """SevenNet's bundled model."""

    key = "sevennet"

    def list(self) -> list[PotentialInfo]:
        """SevenNet-0, available when its environment is installed."""
        site = _site_packages()
        files = sorted((site / "sevenn").glob("pretrained_potentials/SevenNet_0__11Jul2024/*.pth")) if site else []
        dist = next(iter(sorted(site.glob("sevenn-*.dist-info"))), None) if site else None
        return [PotentialInfo(
            key="sevennet", family=self.key, name="SevenNet-0", version=f"11Jul2024, sevenn {dist.name.removesuffix('.dist-info').split('-')[1]}" if dist else "11Jul2024",
            energy_level=RAW, available=bool(files), path=str(files[0]) if files else "", description="bundled with sevenn; trained on MPtrj",
            license="GPL-3.0", published_error=matbench(0.046), runtime=os.environ.get("CRYSTALYSE_SEVENNET_PYTHON", ""),
            what_to_do=None if files else "run `crystalyse doctor --install sevennet`: an extra under the GPL, in an environment of its own")]

    def load(self, info: PotentialInfo) -> LoadedPotential:
        """Load the bundled checkpoint; runs in the extra's own interpreter."""
        import torch

        torch.set_num_threads(1)
        try:
            from sevenn.calculator import SevenNetCalculator  # type: ignore[import-not-found]
        except ImportError as exc:
            raise ToolFault("unavailable", f"SevenNet cannot be loaded: {exc}"[:200], "potential", ["run `crystalyse doctor --install sevennet`"]) from exc
        from ase.data import chemical_symbols

        where = device()
        calc = SevenNetCalculator(info.path, device=where)
        known = getattr(calc, "type_map", {})
        return LoadedPotential(info=info, calculator=calc, device=where, checkpoint_sha256=check_hash(info.path, "potential", "use potential=chgnet"),
                               elements=frozenset(chemical_symbols[int(z)] for z in known))
