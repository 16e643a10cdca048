"""Energies of reference phases, relaxed once per potential and kept on disk."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts, write_atomic
from crystalyse_common.structures import put_structure
from crystalyse_references.elements import PHASES, reference_structure

from .potentials.base import PotentialInfo, sha256_of

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from crystalyse_references.known import Known

    from .engines import Pool, Progress

FMAX, MAX_STEPS = 0.03, 500
POLL = 0.2  # seconds between looks at a reference that another process computes


@dataclass(frozen=True)
class Phase:
    """A phase to be relaxed and kept: an element's reference, or a known compound.

    Attributes:
        name: unique, a file name.
        label: what people call it.
        source: where its cell comes from.
        start: makes its starting cell.
        relax_cell: false for a molecule in a box.
    """

    name: str
    label: str
    source: str
    start: Callable[[], Structure]
    relax_cell: bool = True


def element_phase(element: str) -> Phase:
    """The reference phase of an element.

    Raises:
        ToolFault: unsupported when there is none.
    """
    if element not in PHASES:
        raise ToolFault("unsupported", f"there is no reference phase of {element} here", "structure_ids", ["leave this element out"])
    return Phase(element, PHASES[element], "experimental ground state", lambda: reference_structure(element), relax_cell=element != "F")


def known_phase(known: Known) -> Phase:
    """A listed compound."""
    return Phase(known.name, f"{known.formula} ({known.type})", known.source, known.structure)


def settings() -> str:
    """What a kept energy depends on beside potential and phase."""
    return f"fmax={FMAX} steps={MAX_STEPS}"


def _folder(info: PotentialInfo) -> Path:
    return artifacts() / "references" / f"{info.key}-{sha256_of(info.path)[:8]}"


def _read(path: Path, phase: Phase) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    same = kept.get("settings") == settings() and kept.get("source") == phase.source and kept.get("phase") == phase.label
    return kept if same else None


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """One computation of a phase at a time, over all processes; a dead owner's lock is free."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await anyio.sleep(POLL)
        yield
    finally:
        os.close(fd)


Limits = tuple[float | None, float | None]  # of time: the call's deadline, and when this phase is left out; unix seconds


async def phase_energy(pool: Pool, info: PotentialInfo, phase: Phase, limits: Limits, on_progress: Progress | None) -> dict[str, Any]:
    """The relaxed phase: structure, energy in eV/atom on the potential's own scale, converged.

    Raises:
        OutOfTime: its time was up; it goes on from there when it is asked for again.
        ToolFault: what the relaxation raises.
    """
    path = _folder(info) / f"{phase.name}.json"
    if (kept := _read(path, phase)) is not None:
        return kept
    async with _alone(path.with_suffix(".lock")):
        if (kept := _read(path, phase)) is not None:
            return kept
        work = path.with_suffix(".work")
        out = await _relax(pool, info, phase, limits, work, on_progress)
        write_atomic(path, json.dumps(out).encode())
        shutil.rmtree(work, ignore_errors=True)
    return out


async def _relax(pool: Pool, info: PotentialInfo, phase: Phase, limits: Limits, work: Path, on_progress: Progress | None) -> dict[str, Any]:
    start = put_structure(await anyio.to_thread.run_sync(phase.start), origin="reference", created_by="references", label=phase.label)
    job = {"structure_id": start.structure_id, "tool": "reference", "key": f"reference/{info.key}/{phase.name}", "fmax": FMAX,
           "max_steps": MAX_STEPS, "relax_cell": phase.relax_cell,
           "origin": "reference", "label": phase.label, "deadline": limits[0], "answer_by": limits[1], "folder": str(work),
           "fence": time.time_ns()}  # a leftover engine of a killed server must not write any more
    r = (await pool.run("relax", info, job, on_progress))["result"]
    return {"name": phase.name, "phase": phase.label, "source": phase.source, "settings": settings(), "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "formula": r["formula"], "structure_id": r["structure_id"], "energy_per_atom": r["energy_per_atom"], "max_force": r["max_force"],
            "converged": r["converged"], "structure": r["structures"][0]}
