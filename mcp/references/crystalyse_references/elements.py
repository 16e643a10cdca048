"""Starting cells of the elemental reference phases, with the phase's name.

Sources: metals from ASE's table of reference states (Kittel; Ashcroft & Mermin);
the others from the crystal structures named beside them (Wyckoff, Crystal
Structures, vol. 1; Donohue, The Structures of the Elements).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_numbers, reference_states

from crystalyse_common.errors import ToolFault

if TYPE_CHECKING:
    from pymatgen.core import Structure

# Elements whose ASE reference state (bcc, fcc, hcp, diamond) is the phase we want.
_ASE = (
    "Li Na K Rb Cs Be Mg Ca Sr Ba Sc Y Ti Zr Hf V Nb Ta Cr Mo W Fe Tc Re Ru Os Co Rh Ir Ni Pd Pt Cu Ag Au Zn Cd Al Tl Pb "
    "Hg Si Ge Gd Tb Dy Ho Er Tm Lu Yb Eu Ce Th"
).split()
_FIXED_ASE = {"Ce": ("fcc", 5.16, None), "Th": ("fcc", 5.08, None), "Eu": ("bcc", 4.58, None), "Yb": ("fcc", 5.49, None)}

# symbol: (phase, space group, lattice (a, b, c, alpha, beta, gamma), fractional sites)
_CRYSTALS: dict[str, tuple[str, str, tuple[float, ...], list[list[float]]]] = {
    "C": ("graphite P6_3/mmc", "P6_3/mmc", (2.461, 2.461, 6.708, 90, 90, 120), [[0, 0, 0.25], [1 / 3, 2 / 3, 0.25]]),
    "Sn": ("alpha-Sn (diamond)", "Fd-3m", (6.489, 6.489, 6.489, 90, 90, 90), [[0, 0, 0]]),
    "N": ("alpha-N2 Pa-3", "Pa-3", (5.65, 5.65, 5.65, 90, 90, 90), [[0.055, 0.055, 0.055]]),
    "H": ("H2 P6_3/mmc", "P6_3/mmc", (3.78, 3.78, 6.17, 90, 90, 120), [[1 / 3, 2 / 3, 0.19]]),
    "Cl": ("Cl2 Cmce", "Cmce", (6.145, 4.395, 8.154, 90, 90, 90), [[0, 0.1167, 0.1023]]),
    "Br": ("Br2 Cmce", "Cmce", (6.737, 4.548, 8.761, 90, 90, 90), [[0, 0.135, 0.110]]),
    "I": ("I2 Cmce", "Cmce", (7.136, 4.686, 9.784, 90, 90, 90), [[0, 0.154, 0.117]]),
    "P": ("black P Cmce", "Cmce", (3.3136, 10.478, 4.3763, 90, 90, 90), [[0, 0.10168, 0.08056]]),
    "Ga": ("alpha-Ga Cmce", "Cmce", (4.5192, 7.6586, 4.5258, 90, 90, 90), [[0, 0.1539, 0.081]]),
    "B": ("alpha-B12 R-3m", "R-3m", (4.9179, 4.9179, 12.5805, 90, 90, 120), [[0.11886, -0.11886, 0.89122], [0.19686, -0.19686, 0.02432]]),
    "As": ("gray As R-3m", "R-3m", (3.7598, 3.7598, 10.5475, 90, 90, 120), [[0, 0, 0.2271]]),
    "Sb": ("Sb R-3m", "R-3m", (4.307, 4.307, 11.273, 90, 90, 120), [[0, 0, 0.2335]]),
    "Bi": ("Bi R-3m", "R-3m", (4.546, 4.546, 11.862, 90, 90, 120), [[0, 0, 0.2339]]),
    "Se": ("trigonal Se P3_121", "P3_121", (4.366, 4.366, 4.954, 90, 90, 120), [[0.2254, 0, 1 / 3]]),
    "Te": ("trigonal Te P3_121", "P3_121", (4.457, 4.457, 5.929, 90, 90, 120), [[0.2636, 0, 1 / 3]]),
    "In": ("In I4/mmm", "I4/mmm", (3.2525, 3.2525, 4.9465, 90, 90, 90), [[0, 0, 0]]),
    "Mn": ("alpha-Mn I-43m", "I-43m", (8.914,) * 3 + (90, 90, 90), [[0, 0, 0], [0.317, 0.317, 0.317], [0.357, 0.357, 0.034], [0.089, 0.089, 0.282]]),
    "La": ("La dhcp P6_3/mmc", "P6_3/mmc", (3.774, 3.774, 12.171, 90, 90, 120), [[0, 0, 0], [1 / 3, 2 / 3, 0.25]]),
    "Pr": ("Pr dhcp P6_3/mmc", "P6_3/mmc", (3.672, 3.672, 11.833, 90, 90, 120), [[0, 0, 0], [1 / 3, 2 / 3, 0.25]]),
    "Nd": ("Nd dhcp P6_3/mmc", "P6_3/mmc", (3.658, 3.658, 11.797, 90, 90, 120), [[0, 0, 0], [1 / 3, 2 / 3, 0.25]]),
    "U": ("alpha-U Cmcm", "Cmcm", (2.854, 5.869, 4.955, 90, 90, 90), [[0, 0.1025, 0.25]]),
    "Sm": ("Sm R-3m", "R-3m", (3.629, 3.629, 26.207, 90, 90, 120), [[0, 0, 0], [0, 0, 0.2222]]),
}
_SPECIAL = {"O": "alpha-O2 C2/m", "F": "F2 molecule in an 8 angstrom box", "S": "S8 rings"}


def _lattice_name(element: str) -> str:
    """For example `bcc Na`."""
    state = reference_states[atomic_numbers[element]] or {}
    return f"{_FIXED_ASE[element][0] if element in _FIXED_ASE else state['symmetry']} {element}"


PHASES: dict[str, str] = {el: _lattice_name(el) for el in _ASE} | {el: v[0] for el, v in _CRYSTALS.items()} | _SPECIAL


def _oxygen() -> Structure:
    from pymatgen.core import Lattice, Structure

    cell = Lattice.from_parameters(5.403, 3.429, 5.086, 90, 132.53, 90)
    axis = np.cross(cell.matrix[0], cell.matrix[1])
    half = 0.605 * axis / np.linalg.norm(axis)  # the molecules stand on the ab plane
    centers = [np.zeros(3), 0.5 * (cell.matrix[0] + cell.matrix[1])]
    coords = [c + s * half for c in centers for s in (1, -1)]
    return Structure(cell, ["O"] * 4, coords, coords_are_cartesian=True).get_primitive_structure()


def _fluorine() -> Structure:
    from pymatgen.core import Lattice, Structure

    return Structure(Lattice.cubic(8.0), ["F"] * 2, [[0, 0, 0.706], [0, 0, -0.706]], coords_are_cartesian=True)


def _sulfur() -> Structure:
    from pymatgen.core import Lattice, Structure

    angles = np.arange(8) * np.pi / 4
    ring = [[2.351 * np.cos(t) + 4.1, 2.351 * np.sin(t) + 4.1, 0.4965 * (-1) ** i + 2.2] for i, t in enumerate(angles)]
    return Structure(Lattice.tetragonal(8.2, 4.4), ["S"] * 8, ring, coords_are_cartesian=True)


def reference_structure(element: str) -> Structure:
    """The starting cell of an element's reference phase.

    Raises:
        ToolFault: unsupported, naming the element.
    """
    from pymatgen.core import Lattice, Structure

    special = {"O": _oxygen, "F": _fluorine, "S": _sulfur}
    if element in special:
        return special[element]()
    if element in _CRYSTALS:
        _, group, cell, sites = _CRYSTALS[element]
        s = Structure.from_spacegroup(group, Lattice.from_parameters(*cell), [element] * len(sites), sites)
        return s.get_primitive_structure()
    if element in _ASE:
        from ase.build import bulk
        from pymatgen.io.ase import AseAtomsAdaptor

        fixed = _FIXED_ASE.get(element)
        atoms = bulk(element, fixed[0], a=fixed[1]) if fixed else bulk(element)
        s = AseAtomsAdaptor.get_structure(atoms)  # type: ignore[arg-type]
        return Structure(s.lattice, [element] * len(s), s.frac_coords)
    raise ToolFault("unsupported", f"there is no reference phase of {element} here", "structure_ids", ["leave this element out"])
