"""Reference energies, relaxed once per potential and kept on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts, write_atomic
from crystalyse_common.structures import put_structure

from ..potentials.base import PotentialInfo, sha256_of
from .cells import PHASES, reference_structure

if TYPE_CHECKING:
    from ..engines import Pool

FMAX, MAX_STEPS = 0.03, 300


def _path(info: PotentialInfo, element: str) -> Path:
    return artifacts() / "references" / f"{info.key}-{info.version}-{sha256_of(info.path)[:8]}" / f"{element}.json"


async def reference_energy(pool: Pool, info: PotentialInfo, element: str, deadline: float | None) -> dict[str, Any]:
    """The relaxed reference phase of an element: phase, structure, energy in eV/atom, converged.

    Two processes may compute the same one: both write the same file whole.
    """
    path = _path(info, element)
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        pass
    if element not in PHASES:
        raise ToolFault("unsupported", f"there is no reference phase of {element} here", "structure_ids", ["leave this element out"])
    start = put_structure(reference_structure(element), origin="reference", created_by="references", label=PHASES[element])
    # A molecule in a box has no cell to relax.
    job = {"structure_id": start.structure_id, "tool": "reference", "key": f"ref-{element}", "fmax": FMAX, "max_steps": MAX_STEPS,
           "relax_cell": element != "F", "origin": "reference", "label": PHASES[element], "deadline": deadline}
    r = (await pool.run("relax", info.key, job))["result"]
    out = {"element": element, "phase": PHASES[element], "structure_id": r["structure_id"], "energy_per_atom": r["energy_per_atom"],
           "converged": r["converged"], "structure": r["structures"][0]}
    write_atomic(path, json.dumps(out).encode())
    return out
