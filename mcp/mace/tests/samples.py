"""Structures the tests relax, put into the store as a host's earlier calls would have."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Lattice, Structure

from crystalyse_common.structures import put_structure
from crystalyse_references import reference_structure


def store(s: Structure) -> str:
    """The id of a stored structure."""
    return put_structure(s, origin="input", created_by="test").structure_id


def rock_salt(a: float = 5.5, metal: str = "Na", anion: str = "Cl") -> Structure:
    """Two atoms; relaxes in a few steps."""
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), [metal, anion], [[0, 0, 0], [0.5, 0.5, 0.5]]).get_primitive_structure()


def rattled(seed: int = 0) -> Structure:
    """Iodine with every atom displaced: soft, so that its relaxation takes some hundred quick steps."""
    s = reference_structure("I")
    shifts = np.random.default_rng(seed).normal(0, 0.3, (len(s), 3))
    return Structure(s.lattice, s.species, s.cart_coords + shifts, coords_are_cartesian=True)
