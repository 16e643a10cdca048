"""MACE (Batatia et al. 2022) from model files the operator put into CRYSTALYSE_MODELS.

A model file is a pickle: loading one runs it, so only that folder is read, and a
<file>.sha256 beside a file must agree with it. `python -m crystalyse_mace.fetch`
fetches the foundation models that are named here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from crystalyse_common.errors import ToolFault
from crystalyse_common.weights import check_hash, models_folder

from .base import RAW, LoadedPotential, PotentialInfo, device, matbench

D3 = "+d3"
RAW_D3 = "raw PBE(+U) with D3(BJ)"  # no correction scheme was made for it


@dataclass(frozen=True)
class Foundation:
    """A published foundation model at the PBE(+U) level, MIT licensed."""

    url: str
    error: float | None
    description: str


_RELEASES = "https://github.com/ACEsuit/mace-foundations/releases/download"
FOUNDATIONS = {
    "medium-mpa-0": Foundation(f"{_RELEASES}/mace_mpa_0/mace-mpa-0-medium.model", 0.028, "MACE-MPA-0: MPtrj and sAlex, PBE(+U); the one to prefer"),
    "medium-mp-0": Foundation(f"{_RELEASES}/mace_mp_0/2023-12-03-mace-128-L1_epoch-199.model", 0.055, "MACE-MP-0: MPtrj, PBE(+U)"),
    "small-mp-0": Foundation(f"{_RELEASES}/mace_mp_0/2023-12-10-mace-128-L0_energy_epoch-249.model", None, "MACE-MP-0 small: MPtrj, PBE(+U)"),
}
# Names that files of these models go by elsewhere.
_ALIASES = {"mace-mpa-0-medium": "medium-mpa-0", "2023-12-03-mace-128-l1_epoch-199": "medium-mp-0", "2023-12-10-mace-128-l0_energy_epoch-249": "small-mp-0"}


def _key(stem: str) -> str:
    """A file's name as part of a key; published files by the model's usual name."""
    name = stem.lower()
    return re.sub(r"[^a-z0-9._-]+", "-", _ALIASES.get(name, name))


def _version() -> str:
    try:
        return version("mace-torch")
    except PackageNotFoundError:
        return ""


class MaceFamily:
    """MACE models by file: <name>.model is offered as mace-<name>, and with D3 dispersion as mace-<name>+d3."""

    key = "mace"

    def list(self) -> list[PotentialInfo]:
        """The files of the folder, then the foundation models that are not there."""
        folder = models_folder()
        files = {_key(f.stem): f for f in sorted(folder.glob("*.model"))} if folder and folder.is_dir() else {}
        out = []
        for name, f in files.items():
            known = FOUNDATIONS.get(name)
            info = PotentialInfo(
                key=f"mace-{name}", family=self.key, name=f"MACE {name if known else f.stem}", version=_version(), energy_level=RAW, available=True,
                path=str(f), description=known.description if known else f"model file {f.name}", license="MIT" if known else "of the model file",
                published_error=matbench(known.error) if known and known.error else None)
            out.append(info)
            if find_spec("torch_dftd"):
                out.append(replace(info, key=info.key + D3, name=f"{info.name} + D3(BJ)", energy_level=RAW_D3, published_error=None,
                                   description=f"{info.description}; with Grimme's D3 dispersion: relaxations and energies, no formation energies"))
        for name, known in FOUNDATIONS.items():
            if name not in files:
                out.append(PotentialInfo(
                    key=f"mace-{name}", family=self.key, name=f"MACE {name}", version=_version(), energy_level=RAW, available=False,
                    description=known.description, license="MIT", published_error=matbench(known.error) if known.error else None,
                    what_to_do=f"run `crystalyse doctor --install mace-{name}`, or put {name}.model into the models folder (`crystalyse doctor` names it)"))
        return out

    def load(self, info: PotentialInfo) -> LoadedPotential:
        """Load a model file in double precision (CRYSTALYSE_DTYPE changes that)."""
        import mace  # noqa: F401  (first: it settles how torch loads pickles)
        import torch
        from ase.data import chemical_symbols
        from mace.calculators import MACECalculator

        torch.set_num_threads(1)
        where, dtype = device(), os.environ.get("CRYSTALYSE_DTYPE", "float64")
        digest = check_hash(info.path, "potential", "use potential=chgnet")
        try:
            calc = MACECalculator(model_paths=info.path, device=where, default_dtype=dtype)
        except Exception as exc:  # unpickling a damaged or foreign file raises nearly anything
            raise ToolFault("unavailable", f"{Path(info.path).name} cannot be loaded: {type(exc).__name__}: {exc}"[:300], "potential",
                            ["replace the file by a MACE model saved with e3nn 0.4.4", "use potential=chgnet"]) from exc
        elements = frozenset(chemical_symbols[int(z)] for z in calc.z_table.zs)
        if info.key.endswith(D3):
            calc = _with_d3(calc, where, dtype)
        return LoadedPotential(info=info, calculator=calc, device=where, checkpoint_sha256=digest, elements=elements)


def _with_d3(calc: object, where: str, dtype: str) -> object:
    """The sum of a model and Grimme's D3 with Becke-Johnson damping, for PBE."""
    import torch
    from ase.calculators.mixing import SumCalculator
    from torch_dftd.torch_dftd3_calculator import TorchDFTD3Calculator

    class Summed(SumCalculator):
        """A sum that can forget what it computed, as every other calculator can."""

        def reset(self) -> None:
            self.atoms, self.results = None, {}

    kind = torch.float32 if dtype == "float32" else torch.float64
    return Summed([calc, TorchDFTD3Calculator(device=where, damping="bj", dtype=kind, xc="pbe")])
