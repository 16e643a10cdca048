"""MACE (Batatia et al. 2022) from model files the operator put into CRYSTALYSE_MODELS.

A model file is a pickle: loading one runs it, so only that folder is read.
"""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path

from crystalyse_common.errors import ToolFault

from .base import RAW, LoadedPotential, PotentialInfo, sha256_of


def models_folder() -> Path | None:
    """The operator's model folder, if there is one."""
    folder = os.environ.get("CRYSTALYSE_MODELS")
    return Path(folder) if folder else None


class MaceFamily:
    """MACE models by file: <name>.model is offered as mace-<name>."""

    key = "mace"

    def list(self) -> list[PotentialInfo]:
        """The files of the folder, or one entry that says what to do."""
        folder = models_folder()
        files = sorted(folder.glob("*.model")) if folder and folder.is_dir() else []
        base = {"family": self.key, "energy_level": RAW, "license": "of the model file"}
        if not files:
            return [PotentialInfo(
                key="mace", name="MACE", version=version("mace-torch"), available=False, description="no model file here",
                what_to_do="put a model such as medium-mpa-0 as <name>.model into the models folder (`crystalyse doctor` names it)", **base)]
        return [PotentialInfo(
            key="mace-" + re.sub(r"[^a-z0-9.-]+", "-", f.stem.lower()), name=f"MACE {f.stem}", version=version("mace-torch"), available=True,
            path=str(f), description=f"model file {f.name}", **base) for f in files]

    def load(self, info: PotentialInfo) -> LoadedPotential:
        """Load a model file in double precision."""
        import mace  # noqa: F401  (first: it settles how torch loads pickles)
        import torch
        from ase.data import chemical_symbols
        from mace.calculators import MACECalculator

        torch.set_num_threads(1)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            calc = MACECalculator(model_paths=info.path, device=device, default_dtype="float64")
        except Exception as exc:  # unpickling a damaged or foreign file raises nearly anything
            raise ToolFault("unavailable", f"{Path(info.path).name} cannot be loaded: {type(exc).__name__}: {exc}"[:300], "potential",
                            ["replace the file by a MACE model saved with e3nn 0.4.4", "use potential=chgnet"]) from exc
        elements = frozenset(chemical_symbols[int(z)] for z in calc.z_table.zs)
        return LoadedPotential(info=info, calculator=calc, device=device, checkpoint_sha256=sha256_of(info.path), elements=elements)
