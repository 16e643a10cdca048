"""Reference energies, relaxed once per potential and kept on disk."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts, write_atomic
from crystalyse_common.structures import put_structure

from ..potentials.base import PotentialInfo, sha256_of
from .cells import PHASES, reference_structure

if TYPE_CHECKING:
    from ..engines import Pool, Progress

FMAX, MAX_STEPS = 0.03, 300
POLL = 0.2  # seconds between looks at a reference that another process computes


def _folder(info: PotentialInfo) -> Path:
    return artifacts() / "references" / f"{info.key}-{sha256_of(info.path)[:8]}"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """One computation of a reference at a time, over all processes; a dead owner's lock is free."""
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


async def reference_energy(pool: Pool, info: PotentialInfo, element: str, deadline: float | None,
                           on_progress: Progress | None) -> dict[str, Any]:
    """The relaxed reference phase of an element: phase, structure, energy in eV/atom, converged.

    Raises:
        ToolFault: unsupported when there is no phase; what the relaxation raises.
    """
    if element not in PHASES:
        raise ToolFault("unsupported", f"there is no reference phase of {element} here", "structure_ids", ["leave this element out"])
    path = _folder(info) / f"{element}.json"
    if (kept := _read(path)) is not None:
        return kept
    async with _alone(path.with_suffix(".lock")):
        if (kept := _read(path)) is not None:
            return kept
        work = path.with_suffix(".work")
        out = await _relax(pool, info, element, deadline, work, on_progress)
        write_atomic(path, json.dumps(out).encode())
        shutil.rmtree(work, ignore_errors=True)
    return out


async def _relax(pool: Pool, info: PotentialInfo, element: str, deadline: float | None, work: Path,
                 on_progress: Progress | None) -> dict[str, Any]:
    start = put_structure(await anyio.to_thread.run_sync(reference_structure, element), origin="reference", created_by="references",
                          label=PHASES[element])
    job = {"structure_id": start.structure_id, "tool": "reference", "key": f"reference/{info.key}/{element}", "fmax": FMAX,
           "max_steps": MAX_STEPS, "relax_cell": element != "F",  # a molecule in a box has no cell to relax
           "origin": "reference", "label": PHASES[element], "deadline": deadline, "folder": str(work),
           "fence": time.time_ns()}  # a leftover engine of a killed server must not write any more
    r = (await pool.run("relax", info.key, job, on_progress))["result"]
    return {"element": element, "phase": PHASES[element], "structure_id": r["structure_id"], "energy_per_atom": r["energy_per_atom"],
            "converged": r["converged"], "structure": r["structures"][0]}
