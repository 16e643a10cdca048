"""Frames of a relaxation, thinned as they come, and their compact artifact."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from crystalyse_common.files import artifacts, write_atomic

MAX_FRAMES = 200
QUANTUM = 1e-3  # angstrom
MAX_LIVE_ATOMS = 200  # larger cells are not shown while they relax


def frame(structure_id: str, species: list[str], step: int, cell: np.ndarray, positions: np.ndarray, energy: float, fmax: float) -> dict[str, Any]:
    """One frame to be watched: energy in eV/atom, force in eV/angstrom, lattice in angstrom, positions in units of QUANTUM."""
    return {
        "structure_id": structure_id, "species": species, "step": step, "energy_per_atom": round(energy, 6), "fmax": round(fmax, 6),
        "quantum": QUANTUM, "lattice": np.round(cell, 6).tolist(), "positions": np.rint(positions / QUANTUM).astype(int).ravel().tolist(),
    }


class Frames:
    """At most MAX_FRAMES frames: when full, every second is dropped and the stride doubled."""

    def __init__(self) -> None:
        """Start empty."""
        self.stride, self.steps = 1, []
        self.cells: list[np.ndarray] = []
        self.positions: list[np.ndarray] = []
        self.energies: list[float] = []
        self.fmax: list[float] = []

    def add(self, step: int, cell: np.ndarray, positions: np.ndarray, energy: float, fmax: float) -> None:
        """Take a frame if the stride says so."""
        if step % self.stride or (self.steps and step <= self.steps[-1]):
            return
        self.steps.append(step)
        self.cells.append(np.array(cell, dtype=float))
        self.positions.append(np.array(positions, dtype=np.float32))
        self.energies.append(float(energy))
        self.fmax.append(float(fmax))
        if len(self.steps) > MAX_FRAMES:  # one too many: halve
            self.stride *= 2
            keep = [i for i, s in enumerate(self.steps) if s % self.stride == 0]
            for name in ("steps", "cells", "positions", "energies", "fmax"):
                setattr(self, name, [getattr(self, name)[i] for i in keep])

    def state(self) -> dict[str, Any]:
        """Arrays for a checkpoint."""
        return {"f_stride": self.stride, "f_steps": np.array(self.steps, dtype=int), "f_cells": np.array(self.cells),
                "f_positions": np.array(self.positions), "f_energies": np.array(self.energies), "f_fmax": np.array(self.fmax)}

    @classmethod
    def restore(cls, s: dict[str, np.ndarray]) -> Frames:
        """Frames of a checkpoint."""
        f = cls()
        f.stride, f.steps = int(s["f_stride"]), [int(x) for x in s["f_steps"]]
        f.cells, f.positions = list(s["f_cells"]), list(s["f_positions"])
        f.energies, f.fmax = [float(x) for x in s["f_energies"]], [float(x) for x in s["f_fmax"]]
        return f

    def close(self, step: int, cell: np.ndarray, positions: np.ndarray, energy: float, fmax: float) -> None:
        """Take the last frame whatever the stride: the end of the path is what people look at."""
        stride, self.stride = self.stride, 1
        if len(self.steps) >= MAX_FRAMES and self.steps[-1] != step:
            for kept in (self.steps, self.cells, self.positions, self.energies, self.fmax):
                kept.pop()
        self.add(step, cell, positions, energy, fmax)
        self.stride = stride

    def write(self, structure_id: str, species: list[str]) -> str:
        """Write the artifact; energies in eV, forces in eV/angstrom, positions in units of QUANTUM.

        What has not moved came by the path that is there: one frame replaces none.
        """
        path = f"trajectories/{structure_id}.json"
        if len(self.steps) == 1 and (artifacts() / path).exists():
            return path
        body = {
            "structure_id": structure_id, "species": species, "quantum": QUANTUM, "steps": self.steps,
            "lattices": [np.round(c, 6).tolist() for c in self.cells],
            "positions": [np.rint(p / QUANTUM).astype(int).ravel().tolist() for p in self.positions],
            "energies": self.energies, "fmax": self.fmax,
        }
        write_atomic(artifacts() / path, json.dumps(body, separators=(",", ":")).encode())
        return path
