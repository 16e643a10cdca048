"""The conventional cell of a stored structure, as a block of the stored cell.

No coordinate is made anew: the block holds the stored atoms, moved by whole
lattice vectors, so that a relaxation's path and its bonds can be shown in it.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

if TYPE_CHECKING:
    from pymatgen.core import Lattice, Structure

LENGTH, ANGLE = 0.02, 1.0  # how far a relaxed cell may be off its symmetry: relative, degrees
EDGE = 1e-3  # an atom this near before a face belongs to the face opposite
LARGEST = 2000  # atoms


def conventional_cell(s: Structure, symprec: float, bonds: list[dict[str, Any]] | None) -> dict[str, Any] | None:
    """The transform (rows: conventional vectors in stored ones), atoms [stored atom, shift], bonds [i, j, image].

    None when the stored cell is the conventional one already, is larger, or no block of it has its shape.
    """
    standard = SpacegroupAnalyzer(s, symprec=symprec).get_conventional_standard_structure()
    times = len(standard) // len(s)
    if times < 1 or len(standard) != times * len(s) or len(standard) > LARGEST:
        return None
    m = _transform(s.lattice, standard.lattice, times)
    if m is None or (m == np.eye(3)).all():
        return None
    back = np.linalg.inv(m)
    atoms = _atoms(s, m, back)
    if len(atoms) != times * len(s):
        return None
    joined = None if bonds is None else _bonds(s, m, back, atoms, bonds)
    if bonds is not None and joined is None:
        return None
    return {"transform": m.tolist(), "atoms": [list(a) for a in atoms], "bonds": joined}


def _transform(stored: Lattice, standard: Lattice, times: int) -> np.ndarray | None:
    """Whole numbers that make vectors of the standard lengths and angles, right-handed, from stored ones."""
    best, least = None, np.inf
    for aligned, _, scale in stored.find_all_mappings(standard, ltol=LENGTH, atol=ANGLE, skip_rotation_matrix=True):
        m = np.rint(np.asarray(scale)).astype(int)
        if round(np.linalg.det(m)) != times:
            continue
        off = np.abs(np.array(aligned.abc) / standard.abc - 1).sum() + np.abs(np.array(aligned.angles) - standard.angles).sum() / 90
        off += 1e-9 * np.abs(m).sum() - 1e-8 * np.trace(m)  # of equals the plainest, along the stored axes
        if off < least:
            best, least = m, off
    return best


def _atoms(s: Structure, m: np.ndarray, back: np.ndarray) -> list[tuple[int, int, int, int]]:
    corners = np.array(list(product((0, 1), repeat=3))) @ m
    low, high = corners.min(axis=0) - 1, corners.max(axis=0) + 1
    shifts = list(product(*(range(a, b + 1) for a, b in zip(low, high, strict=True))))
    out = []
    for i, x in enumerate(s.frac_coords % 1.0):
        for t in shifts:
            f = (x + t) @ back
            if (f >= -EDGE).all() and (f < 1 - EDGE).all():
                out.append((i, *map(int, t)))
    return out


def _bonds(s: Structure, m: np.ndarray, back: np.ndarray, atoms: list[tuple[int, int, int, int]], bonds: list[dict[str, Any]]) -> list[list[int]] | None:
    """The bonds of every atom of the block; None when one leads to an atom that rounding put elsewhere."""
    index = {a: k for k, a in enumerate(atoms)}
    x = s.frac_coords % 1.0
    out = []
    for b in bonds:
        for k, (i, *t) in enumerate(atoms):
            if i != b["i"]:
                continue
            end = np.array(t) + b["image"]
            image = np.floor((x[b["j"]] + end) @ back + EDGE).astype(int)
            u, v, w = (int(n) for n in end - image @ m)
            other = index.get((b["j"], u, v, w))
            if other is None:
                return None
            out.append([k, other, *map(int, image)])
    return out
