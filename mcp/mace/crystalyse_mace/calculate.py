"""One calculation inside an engine: single points and relaxations."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE
from ase.stress import voigt_6_to_full_3x3_stress
from pymatgen.core import Structure

from crystalyse_common import toollog
from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_structure, put_structure, symmetry

from .checkpoint import Checkpoint
from .models import GPA_PER_EV_ANGSTROM3
from .potentials.base import OUT_OF_TIME, LoadedPotential
from .trajectory import MAX_LIVE_ATOMS, Frames, frame

SYMPREC_RELAXED = 0.1  # relaxed atoms sit a little off their ideal positions
MIN_VOLUME, MAX_VOLUME = 3.0, 150.0  # angstrom^3/atom (Cs metal: 116); outside, a cell has collapsed or come apart
MIN_DISTANCE, MIN_DISTANCE_H = 0.9, 0.6  # angstrom; the second where hydrogen takes part


@dataclass
class Job:
    """What an engine is asked to do."""

    structure_id: str
    key: str = ""
    tool: str = ""
    fmax: float = 0.03
    max_steps: int = 500
    relax_cell: bool = True
    interval: int = 5
    folder: Path | None = None
    fence: int = 0
    deadline: float | None = None
    answer_by: float | None = None  # from then on it is not worth its time: stop, and keep the checkpoint
    partial: bool = False  # then what there is, not converged, is the answer
    origin: str = "relaxed"
    label: str | None = None
    frame_every: float = 0.0  # seconds between frames for those who watch; 0 sends none


# What a step tells: its numbers, and how to make its frame if one is wanted.
Report = Callable[[dict[str, Any], Callable[[], dict[str, Any]] | None], None]


class Stopped(Exception):
    """The calculation was asked to stop; its checkpoint is saved."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


def atoms_of(s: Structure) -> Atoms:
    """ASE atoms of a structure, magnetic moments left to the potential."""
    return Atoms(symbols=[site.specie.symbol for site in s], positions=s.cart_coords, cell=s.lattice.matrix, pbc=True)


def structure_of(a: Atoms) -> Structure:
    """Structure of ASE atoms."""
    return Structure(a.cell.array, a.get_chemical_symbols(), a.get_positions(), coords_are_cartesian=True)


def check_elements(s: Structure, pot: LoadedPotential) -> None:
    """Refuse elements the potential was not trained on."""
    missing = sorted({site.specie.symbol for site in s} - pot.elements) if pot.elements else []
    if missing:
        raise ToolFault("unsupported", f"{pot.info.name} does not know {', '.join(missing)}", "potential", ["choose another potential (list_models)"])


def sane(a: Atoms, boxed: bool = False) -> None:
    """Stop before a collapsed or exploded cell wastes the potential; a molecule in a box may be as thin as it likes."""
    per_atom = a.get_volume() / len(a)
    if not boxed and not MIN_VOLUME <= per_atom <= MAX_VOLUME:
        raise ToolFault("not_converged", f"the cell came apart, collapsed or is no crystal ({per_atom:.1f} angstrom^3 per atom)", "structure_id",
                        ["drop this structure", "start from the crystal's own cell, in angstrom"])
    d = a.get_all_distances(mic=True)
    np.fill_diagonal(d, a.cell.lengths().min())  # an atom's own image
    hydrogen = a.numbers == 1
    limit = np.where(hydrogen[:, None] | hydrogen[None, :], MIN_DISTANCE_H, MIN_DISTANCE)
    if (d < limit).any():
        raise ToolFault("not_converged", f"two atoms are {d.min():.2f} angstrom apart", "structure_id", ["drop this structure"])


def counted(pot: LoadedPotential, job: Job, step: Callable[[], int]) -> Any:
    """The calculator, with every real evaluation and its step noted in the tool log."""
    calc = pot.calculator
    original = type(calc).calculate

    def calculate(*args: Any, **kwargs: Any) -> Any:
        toollog.write("evaluation", job.tool, job.key, structure=job.structure_id, step=step())
        try:
            return original(calc, *args, **kwargs)
        except MemoryError as exc:
            raise ToolFault("resource", "the calculation ran out of memory", suggestions=["use a smaller cell"]) from exc
        except (RuntimeError, ValueError, AttributeError, TypeError) as exc:
            if "memory" in str(exc).lower():
                raise ToolFault("resource", f"the calculation ran out of memory: {exc}"[:200], suggestions=["use a smaller cell"]) from exc
            # CHGNet fails so when an atom has no neighbor within its cutoff.
            raise ToolFault("not_converged", f"{pot.info.name} cannot evaluate this structure: {exc}"[:200], "structure_id",
                            ["drop this structure"]) from exc

    calc.calculate = calculate
    calc.reset()
    return calc


def energy(job: Job, pot: LoadedPotential) -> dict[str, Any]:
    """Energy, largest force and stress of a structure as it is."""
    s = load_structure(job.structure_id)
    check_elements(s, pot)
    a = atoms_of(s)
    sane(a)
    a.calc = counted(pot, job, lambda: 0)
    e, forces = float(a.get_potential_energy()), a.get_forces()
    stress = a.get_stress(voigt=True)
    return {"total_energy": e, "energy_per_atom": e / len(a), "n_atoms": len(a),
            "max_force": float(np.linalg.norm(forces, axis=1).max()), "max_stress": float(np.abs(stress).max() * GPA_PER_EV_ANGSTROM3),
            "stress": (voigt_6_to_full_3x3_stress(stress) * GPA_PER_EV_ANGSTROM3).tolist()}


class Relaxation:
    """A FIRE relaxation that can be cut anywhere and goes on along the same path."""

    opt: FIRE

    def __init__(self, job: Job, pot: LoadedPotential, check: Checkpoint):
        """Start from the structure, or from the newest whole checkpoint."""
        self.job, self.pot, self.check = job, pot, check
        self.start = load_structure(job.structure_id)
        check_elements(self.start, pot)
        state = self.check.load()
        self.resumed: int | None = None
        if state is None:
            self.atoms, self.frames = atoms_of(self.start), Frames()
            self.initial: float | None = None
            self.sane()
            self.opt = self._optimizer()
        else:
            self._restore(state)

    def sane(self) -> None:
        """Stop at a cell that makes no sense; the molecule of a reference phase may stand in a wide box."""
        sane(self.atoms, boxed=self.job.origin == "reference")

    def _optimizer(self) -> FIRE:
        self.atoms.calc = counted(self.pot, self.job, lambda: int(self.opt.nsteps))
        self.target = FrechetCellFilter(self.atoms) if self.job.relax_cell else self.atoms
        return FIRE(self.target, logfile=None)  # type: ignore[arg-type]

    def _restore(self, st: dict[str, np.ndarray]) -> None:
        self.atoms = Atoms(numbers=st["numbers"], positions=st["positions"], cell=st["orig_cell"], pbc=True)
        self.opt = self._optimizer()  # the filter takes the ORIGINAL cell as its reference
        self.atoms.set_cell(st["cell"])
        self.atoms.set_positions(st["positions"])
        self.opt.vel = st["vel"] if st["vel"].size else None
        self.opt.dt, self.opt.a = float(st["dt"]), float(st["a"])
        self.opt.Nsteps, self.opt.nsteps = int(st["Nsteps"]), int(st["nsteps"])
        self.frames, self.initial = Frames.restore(st), float(st["initial"])
        self.resumed = self.opt.nsteps
        toollog.write("resume", self.job.tool, self.job.key, structure=self.job.structure_id, step=self.opt.nsteps)

    def _save(self) -> None:
        o, a = self.opt, self.atoms
        self.check.save({
            "numbers": a.numbers, "positions": a.get_positions(), "cell": a.cell.array,
            "orig_cell": getattr(self.target, "orig_cell", a.cell.array),
            "vel": np.array([]) if o.vel is None else o.vel, "dt": o.dt, "a": o.a, "Nsteps": o.Nsteps, "nsteps": o.nsteps,
            "initial": self.initial, **self.frames.state()})
        toollog.write("checkpoint", self.job.tool, self.job.key, structure=self.job.structure_id, step=o.nsteps)

    def _force(self) -> float:
        return float(np.linalg.norm(np.asarray(self.target.get_forces()).reshape(-1, 3), axis=1).max())

    def run(self, report: Report, stop: threading.Event) -> dict[str, Any]:
        """Relax to fmax or max_steps; checkpoints every `interval` steps and when stopped."""
        converged = False
        for done in self.opt.irun(fmax=self.job.fmax, steps=max(0, self.job.max_steps - self.opt.nsteps)):
            converged = bool(done)
            step, e, f = self.opt.nsteps, float(self.atoms.get_potential_energy()), self._force()
            if self.initial is None:
                self.initial = e
            self.sane()
            self.frames.add(step, self.atoms.cell.array, self.atoms.get_positions(), e, f)
            self._tell(report, step, e / len(self.atoms), f)
            why = self._stop(stop)
            if why and not converged:
                self._save()
                if why == OUT_OF_TIME and self.job.partial:
                    return self._result(False) | {"cut_short": True}
                toollog.write("cancelled", self.job.tool, self.job.key, structure=self.job.structure_id, step=step)
                raise Stopped(why)
            if step and step % self.job.interval == 0 and step != self.resumed:
                self._save()
        return self._result(converged)

    def _stop(self, stop: threading.Event) -> str:
        """Why to stop now; empty to go on."""
        if self.job.deadline is not None and time.time() > self.job.deadline:
            return "deadline"
        if self.job.answer_by is not None and time.time() > self.job.answer_by:
            return OUT_OF_TIME
        return "cancelled" if stop.is_set() else ""

    def _tell(self, report: Report, step: int, energy: float, fmax: float) -> None:
        a = self.atoms
        watched = self.job.frame_every > 0 and len(a) <= MAX_LIVE_ATOMS
        report({"step": step, "fmax": fmax, "energy": energy}, (
            lambda: frame(self.job.structure_id, a.get_chemical_symbols(), step, a.cell.array, a.get_positions(), energy, fmax)) if watched else None)

    def _result(self, converged: bool) -> dict[str, Any]:
        a = self.atoms
        self.check.check()  # a stale attempt writes nothing, results included
        final = structure_of(a)
        if final.composition.reduced_formula != self.start.composition.reduced_formula:
            raise ToolFault("internal", "the composition changed during the relaxation")
        ref = put_structure(final, origin=self.job.origin, created_by=self.job.tool, parent_id=self.job.structure_id, label=self.job.label,
                            space_group=symmetry(final, SYMPREC_RELAXED))
        stored = load_structure(ref.structure_id)  # rounded: what is said of it must follow from it
        e = float(a.get_potential_energy())
        n, force = len(a), self._force()
        self.frames.close(self.opt.nsteps, a.cell.array, a.get_positions(), e, force)
        path = self.frames.write(ref.structure_id, a.get_chemical_symbols())
        return {
            "structure_id": ref.structure_id, "input_structure_id": self.job.structure_id, "formula": ref.formula, "n_atoms": n,
            "total_energy": e, "energy_per_atom": e / n, "initial_energy_per_atom": (self.initial if self.initial is not None else e) / n,
            "max_force": force, "fmax": self.job.fmax, "steps": int(self.opt.nsteps), "converged": converged, "cut_short": False,
            "volume_change_percent": 100.0 * (stored.volume / self.start.volume - 1.0), "resumed_from_step": self.resumed,
            "structures": [ref.model_dump()], "artifacts": [{"kind": "trajectory", "structure_id": ref.structure_id, "path": path}]}


def relax(job: Job, pot: LoadedPotential, report: Report, stop: threading.Event) -> dict[str, Any]:
    """Relax a structure; a finished computation is returned, not repeated, one that its time has cut goes on."""
    signature = f"{job.structure_id} {pot.info.key} {pot.checkpoint_sha256} fmax={job.fmax} max_steps={job.max_steps} cell={job.relax_cell}"
    check = Checkpoint(job.folder, job.fence, signature)
    if (done := check.result()) is not None:
        return done
    toollog.write("start", job.tool, job.key, structure=job.structure_id)
    try:
        result = Relaxation(job, pot, check).run(report, stop)
        if not result["cut_short"]:
            check.finish(result)  # else it goes on from its checkpoint when it is asked for with more time
    except ToolFault as fault:
        toollog.write("error", job.tool, job.key, structure=job.structure_id, code=fault.code)
        raise
    toollog.write("success", job.tool, job.key, structure=job.structure_id, step=result["steps"])
    return result
