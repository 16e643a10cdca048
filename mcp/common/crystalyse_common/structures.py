"""The structure store: crystals in the artifact folder, addressed by content.

A structure's id hashes its lattice, species and fractional coordinates, rounded
to 1e-6, and nothing else: symmetry, bonds and names are annotations.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .errors import ToolFault
from .files import artifacts, write_atomic
from .models import Lattice, SpaceGroup, StructureRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

ID_PATTERN = re.compile(r"^st_[0-9a-f]{26}$")
MAX_ATOMS = 1000
MIN_DISTANCE = 0.5  # angstrom; closer atoms are an input error, not a crystal
MAX_VOLUME = 1000.0  # angstrom^3 per atom; beyond it a cell is nearly empty

# What the asking discovery knows of structures, while a call of it runs.
_told: ContextVar[dict[str, dict[str, Any]] | None] = ContextVar("told", default=None)


@contextmanager
def told(records: dict[str, dict[str, Any]] | None) -> Iterator[None]:
    """Take a host's word for where structures come from: a file is of whoever came to its cell first, another user even."""
    token = _told.set(None if records is None else dict(records))
    try:
        yield
    finally:
        _told.reset(token)


def learn(refs: list[dict[str, Any]]) -> None:
    """Note structures that another process has made for this call."""
    if (records := _told.get()) is not None:
        for r in refs:
            records.setdefault(r["structure_id"], {k: r.get(k) for k in ("origin", "label", "space_group")})


def _r(x: float) -> float:
    v = round(float(x), 6)
    return 0.0 if v == 0 else v  # no -0.0


def _wrap(x: float) -> float:
    v = _r(float(x) % 1.0)
    return 0.0 if v >= 1.0 else v


def canonical(structure: Structure) -> dict[str, Any]:
    """Lattice, species and wrapped fractional coordinates, rounded to 1e-6."""
    return {
        "lattice": [[_r(x) for x in row] for row in structure.lattice.matrix],
        "species": [site.specie.symbol for site in structure],
        "frac_coords": [[_wrap(x) for x in row] for row in structure.frac_coords],
    }


def structure_id(structure: Structure) -> str:
    """The content address of a structure: st_ + 26 hex digits."""
    text = json.dumps(canonical(structure), sort_keys=True, separators=(",", ":"))
    return "st_" + hashlib.sha256(text.encode()).hexdigest()[:26]


def check(structure: Structure, field: str) -> None:
    """Refuse what no tool here can work with, naming the field."""
    if not structure.is_ordered:
        raise ToolFault("unsupported", "the structure has disordered (partially occupied) sites", field,
                        ["choose one ordered configuration"])
    if not 1 <= len(structure) <= MAX_ATOMS:
        raise ToolFault("invalid_input", f"the structure has {len(structure)} atoms; 1 to {MAX_ATOMS} are accepted", field,
                        ["use a primitive or smaller cell" if len(structure) else "give the sites of the atoms, each with its element"])
    from pymatgen.core import Element

    if odd := sorted({site.specie.symbol for site in structure if not Element.is_valid_symbol(site.specie.symbol)}):
        raise ToolFault("invalid_input", f"{', '.join(odd)[:40]} is no element", field, ["write element symbols, for example Na"])
    numbers = [x for row in structure.lattice.matrix for x in row] + [x for row in structure.frac_coords for x in row]
    if not all(math.isfinite(x) for x in numbers):
        raise ToolFault("invalid_input", "the structure has coordinates that are not numbers", field, ["write every length and coordinate as a finite number"])
    if structure.volume < 1e-3 or min_distance(structure) < MIN_DISTANCE:
        raise ToolFault("invalid_input", f"atoms overlap (closer than {MIN_DISTANCE} angstrom)", field,
                        ["check the cell and the coordinates"])
    if structure.volume / len(structure) > MAX_VOLUME:
        raise ToolFault("invalid_input", f"the cell is nearly empty: {structure.volume / len(structure):.0f} angstrom^3 per atom", field,
                        ["give the cell in angstrom", "use the crystal's own cell instead of a box"])


def min_distance(structure: Structure) -> float:
    """Shortest distance between two atoms, images of others and its own included, in angstrom."""
    import numpy as np

    own = float(min(structure.lattice.get_lll_reduced_lattice().abc))  # a skewed cell has shorter vectors than its edges
    if len(structure) < 2:
        return own
    d = np.array(structure.distance_matrix)
    np.fill_diagonal(d, np.inf)
    return min(float(d.min()), own)


def lattice_of(structure: Structure) -> Lattice:
    """Cell parameters of the stored cell."""
    m = structure.lattice
    return Lattice(a=m.a, b=m.b, c=m.c, alpha=m.alpha, beta=m.beta, gamma=m.gamma, volume=m.volume)


def put_structure(
    structure: Structure, *, origin: str, created_by: str, parent_id: str | None = None, label: str | None = None,
    space_group: SpaceGroup | None = None, bonds: list[dict[str, Any]] | None = None, bonds_method: str | None = None,
    field: str = "structure",
) -> StructureRef:
    """Store a structure and give its reference. Storing it again keeps one file."""
    from pymatgen.io.cif import CifWriter

    check(structure, field)
    body = canonical(structure)
    sid = structure_id(structure)
    formula, z = structure.composition.get_reduced_formula_and_factor()
    parent_id = None if parent_id == sid else parent_id  # what does not move is not made from itself
    body |= {
        "structure_id": sid, "formula": formula, "created_by": created_by, "origin": origin, "parent_id": parent_id,
        "label": label, "space_group": space_group.model_dump() if space_group else None,
        "bonds": bonds, "bonds_method": bonds_method, "cif": str(CifWriter(structure)),
    }
    path = artifacts() / "structures" / f"{sid}.json"
    if bonds is not None or not path.exists():
        write_atomic(path, json.dumps(body).encode())
    learn([body])
    return StructureRef(
        structure_id=sid, formula=formula, n_atoms=len(structure), n_formula_units=max(1, round(z)), origin=origin,
        parent_id=parent_id, label=label, space_group=space_group, lattice=lattice_of(structure),
        volume_per_atom=structure.volume / len(structure),
    )


def load_record(sid: str, field: str = "structure_id") -> dict[str, Any]:
    """The stored record of an id; origin, label and space group are the host's word where there is a host."""
    if not ID_PATTERN.match(sid):
        raise ToolFault("invalid_input", f"{sid[:60]!r} is not a structure id", field,
                        ["pass a structure_id of an earlier result, exactly as it was returned"])
    path = artifacts() / "structures" / f"{sid}.json"
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ToolFault("not_found", f"there is no structure {sid}", field,
                        ["generate or parse it first, then use the id that is returned"]) from None
    except ValueError:
        raise ToolFault("internal", f"the record of {sid} is damaged", field, ["generate the structure again"]) from None
    if (records := _told.get()) is not None:
        own = records.get(sid, {})
        record |= {"origin": own.get("origin") or "", "label": own.get("label") or None, "space_group": own.get("space_group"), "created_by": "", "parent_id": None}
    return record


def load_structure(sid: str, field: str = "structure_id") -> Structure:
    """The stored structure of an id."""
    from pymatgen.core import Structure

    r = load_record(sid, field)
    return Structure(r["lattice"], r["species"], r["frac_coords"])


def symmetry(structure: Structure, symprec: float) -> SpaceGroup:
    """Space group by spglib at a tolerance in angstrom; P1 when spglib finds none."""
    import spglib

    cell = (structure.lattice.matrix, structure.frac_coords, [s.specie.Z for s in structure])
    found = spglib.get_symmetry_dataset(cell, symprec=symprec)  # type: ignore[arg-type]
    if found is None:
        return SpaceGroup(symbol="P1", number=1, symprec=symprec)
    return SpaceGroup(symbol=str(found.international), number=int(found.number), symprec=symprec)


def at_predicted_volume(structure: Structure) -> Structure | None:
    """The structure at the volume that the DLS predictor (Chu et al. 2018) expects; None where it knows no radius of an element."""
    from pymatgen.analysis.structure_prediction.volume_predictor import DLSVolumePredictor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return DLSVolumePredictor().get_predicted_structure(structure)
        except Exception:  # it raises whatever its tables raise
            return None
