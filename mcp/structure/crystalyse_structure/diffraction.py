"""Simulated powder diffraction."""

from __future__ import annotations

import warnings

import numpy as np
from pymatgen.analysis.diffraction.xrd import WAVELENGTHS, XRDCalculator
from pymatgen.core import Structure

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts, write_atomic
from crystalyse_common.models import Artifact
from crystalyse_common.structures import load_record, load_structure

from .analysis_models import Peak, XrdResult
from .cell import conventional_cell

MAX_PEAKS = 50
SYMPREC = 0.01  # angstrom


def simulate(structure_id: str, radiation: str, two_theta_max: float) -> XrdResult:
    """The powder pattern of a stored structure; all of it as a CSV file."""
    if radiation not in WAVELENGTHS:
        raise ToolFault("invalid_input", f"{radiation[:20]!r} is no radiation", "radiation", [f"use one of: {', '.join(sorted(WAVELENGTHS))}"])
    s = _in_conventional(load_structure(structure_id))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pattern = XRDCalculator(wavelength=radiation).get_pattern(s, two_theta_range=(0, two_theta_max))
    peaks = [Peak(two_theta=float(x), intensity=float(y), d_spacing=float(d), hkl=["".join(f"{i}" if 0 <= i < 10 else f"({i})" for i in h["hkl"]) for h in hkls])
             for x, y, d, hkls in zip(pattern.x, pattern.y, pattern.d_hkls, pattern.hkls, strict=True)]
    path = f"xrd/{structure_id}-{radiation}.csv"
    lines = ["two_theta_degree,relative_intensity_percent,d_spacing_angstrom,hkl"]
    lines += [f"{p.two_theta:.4f},{p.intensity:.3f},{p.d_spacing:.5f},{' '.join(p.hkl)}" for p in peaks]
    write_atomic(artifacts() / path, ("\n".join(lines) + "\n").encode())
    strong = sorted(sorted(peaks, key=lambda p: -p.intensity)[:MAX_PEAKS], key=lambda p: p.two_theta)
    return XrdResult(structure_id=structure_id, formula=load_record(structure_id)["formula"], radiation=radiation, wavelength=float(WAVELENGTHS[radiation]),
                     peaks=strong, n_peaks=len(peaks), artifacts=[Artifact(kind="xrd", structure_id=structure_id, path=path)])


def _in_conventional(s: Structure) -> Structure:
    """The same atoms in the axes that planes are named by; in the stored ones where no block of the cell has the standard shape."""
    cell = conventional_cell(s, SYMPREC, None)
    return s if cell is None else s * np.array(cell["transform"])
