"""Reading and writing structure files with pymatgen and ase."""

from __future__ import annotations

import json
import re
import warnings
from io import StringIO

from ase.io import read, write
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor
from pymatgen.io.cif import CifParser
from pymatgen.io.vasp import Poscar

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts, write_atomic
from crystalyse_common.models import Artifact
from crystalyse_common.structures import check, load_record, load_structure, put_structure, symmetry

from .annotate import annotate
from .bonds import METHOD, bonds
from .models import ConvertResult, ParseResult
from .symmetry import is_relaxed

SUFFIX = {"cif": "cif", "poscar": "vasp", "xyz": "extxyz", "json": "json"}


def suffix(structure_id: str, fmt: str) -> str:
    """The end of an export's name; annotations of a relaxed cell are read at another tolerance (numbered: files of an older form are not read)."""
    if fmt != "annotations":
        return SUFFIX[fmt]
    return "annotations.relaxed.3.json" if is_relaxed(load_record(structure_id)) else "annotations.3.json"


def guess(content: str) -> str:
    """The format of a text: cif, poscar, xyz or json."""
    lines = content.strip().splitlines()
    if content.lstrip().startswith("{"):
        return "json"
    if any(line.lstrip().startswith(("data_", "_cell_length_a", "loop_")) for line in lines):
        return "cif"
    if lines and lines[0].strip().isdigit() and len(lines) > 2:
        return "xyz"
    return "poscar"


def _read(content: str, fmt: str) -> Structure:
    if fmt == "cif":
        return CifParser(StringIO(content)).parse_structures(primitive=False)[0]
    if fmt == "poscar":
        return Poscar.from_str(content).structure
    if fmt == "xyz":
        atoms = read(StringIO(content), format="extxyz", index=0)
        if not all(atoms.pbc):  # type: ignore[union-attr]
            raise ToolFault("unsupported", "the XYZ file has no periodic cell", "content", ["use extended XYZ with a Lattice entry, or CIF"])
        return AseAtomsAdaptor.get_structure(atoms)  # type: ignore[arg-type,return-value]
    data = json.loads(content)
    if isinstance(data, dict) and "frac_coords" in data:
        return Structure(data["lattice"], data["species"], data["frac_coords"])
    return Structure.from_dict(data)


def _name_deuterium(s: Structure, content: str) -> bool:
    """Whether the text speaks of D, which pymatgen reads as H, the same element."""
    return "H" in s.composition and bool(re.search(r"(?m)(?:^|\s)D\d*[+-]?(?:\s|$)", content))


def parse(content: str, fmt: str) -> ParseResult:
    """Read a structure from text, find its bonds, store it."""
    fmt = guess(content) if fmt == "auto" else fmt
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            s = _read(content, fmt)
        except ToolFault:
            raise
        except Exception as exc:  # every parser has its own; the user needs one answer
            raise ToolFault("invalid_input", f"this cannot be read as {fmt}: {type(exc).__name__}: {exc}"[:300], "content",
                            ["check the file, or name its format: cif, poscar, xyz or json"]) from exc
    check(s, "content")
    s = s.copy()
    s.remove_oxidation_states()
    heavy = _name_deuterium(s, content)
    check(s, "content")
    found = bonds(s) if len(s) <= 300 else None
    ref = put_structure(s, origin="input", created_by="parse_structure", space_group=symmetry(s, 0.01), bonds=found, bonds_method=METHOD, field="content")
    notes = list(dict.fromkeys(str(w.message)[:200] for w in caught if issubclass(w.category, UserWarning)))[:5]
    if heavy:
        notes.append("deuterium is treated as hydrogen: potentials know the element, not the isotope")
    if found is None:
        notes.append("bonds were not computed: more than 300 atoms")
    return ParseResult(structures=[ref], format=fmt, n_bonds=len(found or []), warnings=notes)


def convert(structure_id: str, fmt: str) -> ConvertResult:
    """Write a stored structure as a file in the artifact folder."""
    s = load_structure(structure_id)
    if fmt == "json":
        text = json.dumps(s.as_dict())
    elif fmt == "annotations":
        text = json.dumps(annotate(structure_id))
    elif fmt == "xyz":
        out = StringIO()
        write(out, AseAtomsAdaptor.get_atoms(s), format="extxyz")  # type: ignore[arg-type]
        text = out.getvalue()
    else:
        text = str(s.to(fmt=fmt))  # type: ignore[arg-type]
    path = f"exports/{structure_id}.{suffix(structure_id, fmt)}"
    data = text.encode()
    write_atomic(artifacts() / path, data)
    return ConvertResult(structure_id=structure_id, format=fmt, path=path, n_bytes=len(data),
                         artifacts=[Artifact(kind="export", structure_id=structure_id, path=path)])
