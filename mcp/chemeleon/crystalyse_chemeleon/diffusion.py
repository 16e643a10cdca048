"""Candidates by Chemeleon-DNG (Park et al. 2025), a diffusion model of crystals.

Two checkpoints: `csp` places given atoms, `dng` chooses them too. They are looked
for where the operator said, then in the models folder. Cells are rescaled to the
volume that the DLS predictor expects: a sampled one may be far off.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystalyse_common.errors import ToolFault
from crystalyse_common.weights import check_hash, models_folder

from .prototypes import rescale

if TYPE_CHECKING:
    from pymatgen.core import Structure

BATCH = 2  # structures sampled together, of each number of formula units in turn
WHAT_TO_DO = ("run `crystalyse doctor --install chemeleon`, or put its chemeleon_csp*.ckpt and chemeleon_dng*.ckpt into the models folder, "
              "or name them in CRYSTALYSE_CHEMELEON_CSP and CRYSTALYSE_CHEMELEON_DNG")
_lock = threading.Lock()  # one model, one sampling at a time: torch's random state is global
_loaded: dict[str, tuple[str, Any]] = {}


def checkpoint(task: str) -> Path | None:
    """The checkpoint of a task: csp or dng."""
    named = os.environ.get(f"CRYSTALYSE_CHEMELEON_{task.upper()}")
    if named:
        return Path(named) if Path(named).is_file() else None
    folder = models_folder()
    found = sorted(folder.glob(f"chemeleon[_-]{task}*.ckpt")) if folder and folder.is_dir() else []
    return found[-1] if found else None


def available(task: str) -> bool:
    """Whether a task's checkpoint is here."""
    return checkpoint(task) is not None


def describe(task: str) -> dict[str, str]:
    """What a result says of the model that made it."""
    path = checkpoint(task)
    assert path is not None
    return {"name": f"Chemeleon-DNG {task}", "version": f"{path.stem}, chemeleon-dng {version('chemeleon-dng')}",
            "checkpoint_sha256": check_hash(str(path), "method", "use method=auto")}


def _model(task: str) -> Any:
    """The loaded model of a task, by the package's own loader.

    Raises:
        ToolFault: unavailable, when there is no checkpoint or it cannot be loaded.
    """
    path = checkpoint(task)
    if path is None:
        raise ToolFault("unavailable", f"Chemeleon has no {task} checkpoint here", "method", [WHAT_TO_DO, "use method=auto: prototypes and random cells"])
    digest = check_hash(str(path), "method", "use method=auto")
    if task not in _loaded or _loaded[task][0] != digest:
        _loaded[task] = (digest, _load(path))
    return _loaded[task][1]


def _load(path: Path) -> Any:
    import torch
    from chemeleon_dng.diffusion.diffusion_module import DiffusionModule

    torch.set_num_threads(1)
    with contextlib.redirect_stdout(io.StringIO()) as noise, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = DiffusionModule.load_from_checkpoint(str(path), map_location="cpu", weights_only=False)
        except Exception as exc:  # unpickling a damaged or foreign file raises nearly anything
            raise ToolFault("unavailable", f"{path.name} cannot be loaded: {type(exc).__name__}: {exc}"[:300], "method",
                            ["fetch the checkpoint again", "use method=auto"]) from exc
    sys.stderr.write(noise.getvalue())
    return model.eval()


def _sample(task: str, num_atoms: list[int], atom_types: list[int] | None, seed: int) -> list[Structure | None]:
    """Structures of one sampling; None where the model gave nothing usable."""
    import torch

    with _lock, contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _model(task)
        torch.manual_seed(seed)
        try:
            found = model.sample(task=task, atom_types=atom_types, num_atoms=num_atoms, verbose=False)
        except AssertionError as exc:
            raise ToolFault("unavailable", f"the checkpoint is not one of {task}: {exc}"[:200], "method", ["put each checkpoint under its own name"]) from exc
    return [_structure(a) for a in found]


def _structure(atoms: Any) -> Structure | None:
    """A pymatgen structure at a sensible volume; None when the numbers make none."""
    from pymatgen.core import Lattice, Structure

    cell = atoms.cell.array
    if not all(math.isfinite(x) for x in [*cell.ravel(), *atoms.get_positions().ravel()]) or abs(atoms.get_volume()) < 1e-6:
        return None
    if not all(1 <= z <= 103 for z in atoms.numbers):
        return None
    lattice = Lattice(cell)
    a, b, c = lattice.abc
    if max(a, b, c) > 10 * min(a, b, c) or lattice.volume < 0.2 * a * b * c:
        return None  # rescaling cannot mend a needle or a sheet
    return rescale(Structure(lattice, atoms.get_chemical_symbols(), atoms.get_scaled_positions()))


def csp(amounts: dict[str, int], sizes: list[int], seed: int) -> Iterator[tuple[Structure, str] | None]:
    """Endless candidates of a composition over the numbers of formula units in turn; None is a failed attempt."""
    from pymatgen.core import Element

    rng = random.Random(seed)
    while sizes:
        for z in sizes:
            types = [Element(el).Z for el, n in amounts.items() for _ in range(n * z)]
            for s in _sample("csp", [len(types)] * BATCH, types * BATCH, rng.randrange(2**31)):
                yield None if s is None else (s, f"Chemeleon, {z} formula units")


def de_novo(max_atoms: int, seed: int) -> Iterator[tuple[Structure, str] | None]:
    """Endless candidates of compositions that the model chooses; sizes as in its training set."""
    from chemeleon_dng.dataset.num_atom_distributions import NUM_ATOM_DISTRIBUTIONS

    table = {int(n): float(p) for n, p in NUM_ATOM_DISTRIBUTIONS["mp-20"].items() if int(n) <= max_atoms}
    rng = random.Random(seed)
    while table:
        sizes = rng.choices(list(table), weights=list(table.values()), k=BATCH)
        for s in _sample("dng", sizes, None, rng.randrange(2**31)):
            yield None if s is None else (s, "Chemeleon, de novo")
