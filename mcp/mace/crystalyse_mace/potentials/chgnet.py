"""CHGNet (Deng et al. 2023): its weights come with its wheel.

Trained on MP2020-corrected energies, so formation energies need no correction.
"""

from __future__ import annotations

import contextlib
import io
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from .base import CORRECTED, LoadedPotential, PotentialInfo, device, matbench, sha256_of

MODEL = "0.3.0"


def _checkpoint() -> Path | None:
    spec = find_spec("chgnet")
    if spec is None or not spec.submodule_search_locations:
        return None
    found = sorted((Path(spec.submodule_search_locations[0]) / "pretrained" / MODEL).glob("*.tar"))
    return found[0] if found else None


def _elements() -> frozenset[str]:
    """The 89 elements of its training set, MPtrj: up to Pu, without Po, At, Rn, Fr and Ra."""
    from ase.data import chemical_symbols

    return frozenset(chemical_symbols[z] for z in (*range(1, 84), *range(89, 95)))


class ChgnetFamily:
    """CHGNet's one bundled model."""

    key = "chgnet"

    def list(self) -> list[PotentialInfo]:
        """CHGNet with its bundled weights."""
        path = _checkpoint()
        package = f"chgnet {version('chgnet')}" if path else "chgnet"
        return [PotentialInfo(
            key="chgnet", family=self.key, name="CHGNet", version=MODEL, energy_level=CORRECTED, available=path is not None,
            path=str(path or ""), description=f"bundled with {package}; trained on MPtrj", license="BSD-3-Clause",
            published_error=matbench(0.061),
            what_to_do=None if path else "reinstall the ml environment")]

    def load(self, info: PotentialInfo) -> LoadedPotential:
        """Load it on the CPU, or CUDA where there is one."""
        import torch
        from chgnet.model.dynamics import CHGNetCalculator
        from chgnet.model.model import CHGNet

        torch.set_num_threads(1)
        where = device()
        with contextlib.redirect_stdout(io.StringIO()) as noise:  # it announces itself
            model = CHGNet.load(model_name=MODEL, use_device=where, verbose=False)
            calc = CHGNetCalculator(model=model, use_device=where)
        sys.stderr.write(noise.getvalue())
        return LoadedPotential(info=info, calculator=calc, device=where, checkpoint_sha256=sha256_of(info.path), elements=_elements())
