"""Stored bonds equal CrystalNN's own graph, periodic images included, on 50 reference crystals."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest
from pymatgen.analysis.graphs import StructureGraph
from pymatgen.analysis.local_env import CrystalNN
from pymatgen.core import Lattice, Structure

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "common")]

from crystalyse_structure.bonds import bonds  # noqa: E402

HALF, THIRD, TWO = 0.5, 1 / 3, 2 / 3


def sg(group: str, lattice: Lattice, species: list[str], coords: list[list[float]]) -> Structure:
    return Structure.from_spacegroup(group, lattice, species, coords)


def salt(a: float, x: str, y: str) -> Structure:
    return sg("Fm-3m", Lattice.cubic(a), [x, y], [[0, 0, 0], [HALF, HALF, HALF]])


def blende(a: float, x: str, y: str) -> Structure:
    return sg("F-43m", Lattice.cubic(a), [x, y], [[0, 0, 0], [0.25, 0.25, 0.25]])


def wurtzite(a: float, c: float, x: str, y: str) -> Structure:
    return sg("P6_3mc", Lattice.hexagonal(a, c), [x, y], [[THIRD, TWO, 0], [THIRD, TWO, 0.38]])


def fluorite(a: float, x: str, y: str) -> Structure:
    return sg("Fm-3m", Lattice.cubic(a), [x, y], [[0, 0, 0], [0.25, 0.25, 0.25]])


def perovskite(a: float, x: str, y: str, z: str) -> Structure:
    return sg("Pm-3m", Lattice.cubic(a), [x, y, z], [[HALF, HALF, HALF], [0, 0, 0], [HALF, 0, 0]])


def rutile(a: float, c: float, x: str, u: float) -> Structure:
    return sg("P4_2/mnm", Lattice.tetragonal(a, c), [x, "O"], [[0, 0, 0], [u, u, 0]])


def cesium(a: float, x: str, y: str) -> Structure:
    return sg("Pm-3m", Lattice.cubic(a), [x, y], [[0, 0, 0], [HALF, HALF, HALF]])


CRYSTALS = {
    "NaCl": salt(5.64, "Na", "Cl"), "LiF": salt(4.03, "Li", "F"), "MgO": salt(4.21, "Mg", "O"), "CaO": salt(4.81, "Ca", "O"),
    "NiO": salt(4.18, "Ni", "O"), "TiN": salt(4.24, "Ti", "N"), "KBr": salt(6.6, "K", "Br"), "PbS": salt(5.94, "Pb", "S"),
    "ZnS": blende(5.41, "Zn", "S"), "GaAs": blende(5.65, "Ga", "As"), "InP": blende(5.87, "In", "P"), "CdTe": blende(6.48, "Cd", "Te"),
    "SiC": blende(4.36, "Si", "C"), "CuCl": blende(5.42, "Cu", "Cl"), "BN": blende(3.62, "B", "N"),
    "ZnO": wurtzite(3.25, 5.21, "Zn", "O"), "GaN": wurtzite(3.19, 5.19, "Ga", "N"), "AlN": wurtzite(3.11, 4.98, "Al", "N"), "CdS": wurtzite(4.14, 6.72, "Cd", "S"),
    "CaF2": fluorite(5.46, "Ca", "F"), "CeO2": fluorite(5.41, "Ce", "O"), "UO2": fluorite(5.47, "U", "O"), "BaF2": fluorite(6.2, "Ba", "F"),
    "Li2O": fluorite(4.62, "O", "Li"), "Mg2Si": fluorite(6.35, "Si", "Mg"),
    "SrTiO3": perovskite(3.905, "Sr", "Ti", "O"), "BaTiO3": perovskite(4.01, "Ba", "Ti", "O"), "KMgF3": perovskite(3.99, "K", "Mg", "F"),
    "CsPbI3": perovskite(6.29, "Cs", "Pb", "I"), "CsSnBr3": perovskite(5.8, "Cs", "Sn", "Br"),
    "TiO2": rutile(4.594, 2.959, "Ti", 0.305), "SnO2": rutile(4.74, 3.19, "Sn", 0.307), "MnO2": rutile(4.4, 2.87, "Mn", 0.303),
    "CsCl": cesium(4.12, "Cs", "Cl"), "NiAl": cesium(2.89, "Ni", "Al"),
    "C": sg("Fd-3m", Lattice.cubic(3.567), ["C"], [[0, 0, 0]]), "Si": sg("Fd-3m", Lattice.cubic(5.43), ["Si"], [[0, 0, 0]]),
    "Ge": sg("Fd-3m", Lattice.cubic(5.66), ["Ge"], [[0, 0, 0]]), "graphite": sg("P6_3/mmc", Lattice.hexagonal(2.46, 6.71), ["C", "C"], [[0, 0, 0.25], [THIRD, TWO, 0.25]]),
    "Cu": sg("Fm-3m", Lattice.cubic(3.61), ["Cu"], [[0, 0, 0]]), "Fe": sg("Im-3m", Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]]),
    "Mg": sg("P6_3/mmc", Lattice.hexagonal(3.21, 5.21), ["Mg"], [[THIRD, TWO, 0.25]]),
    "quartz": sg("P3_221", Lattice.hexagonal(4.913, 5.405), ["Si", "O"], [[0.4697, 0, TWO], [0.4135, 0.2669, 0.7858]]),
    "corundum": sg("R-3c", Lattice.hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.352], [0.306, 0, 0.25]]),
    "MoS2": sg("P6_3/mmc", Lattice.hexagonal(3.16, 12.29), ["Mo", "S"], [[THIRD, TWO, 0.25], [THIRD, TWO, 0.621]]),
    "LiCoO2": sg("R-3m", Lattice.hexagonal(2.816, 14.05), ["Li", "Co", "O"], [[0, 0, 0], [0, 0, HALF], [0, 0, 0.26]]),
    "NiAs": sg("P6_3/mmc", Lattice.hexagonal(3.62, 5.03), ["Ni", "As"], [[0, 0, 0], [THIRD, TWO, 0.25]]),
    "pyrite": sg("Pa-3", Lattice.cubic(5.418), ["Fe", "S"], [[0, 0, 0], [0.385, 0.385, 0.385]]),
    "Cu2O": sg("Pn-3m", Lattice.cubic(4.27), ["O", "Cu"], [[0, 0, 0], [0.25, 0.25, 0.25]]),
    "anatase": sg("I4_1/amd", Lattice.tetragonal(3.785, 9.514), ["Ti", "O"], [[0, 0, 0], [0, 0, 0.2081]]),
}
CONTACTS = {
    "NaCl": {"Na": 6, "Cl": 6}, "CaF2": {"Ca": 8, "F": 4}, "ZnS": {"Zn": 4, "S": 4}, "TiO2": {"Ti": 6, "O": 3}, "CsCl": {"Cs": 8, "Cl": 8}, "C": {"C": 4},
    "Li2O": {"Li": 4, "O": 8},
}


def key(i: int, j: int, image: tuple[int, ...]) -> tuple[object, ...]:
    """One name for a bond, whichever end it is seen from."""
    back = tuple(-int(x) for x in image)
    return min((int(i), int(j), tuple(int(x) for x in image)), (int(j), int(i), back))


def test_there_are_fifty():
    assert len(CRYSTALS) == 50


@pytest.mark.parametrize("name", CRYSTALS)
def test_bonds_are_those_of_crystalnn(name):
    s = CRYSTALS[name].get_primitive_structure()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = StructureGraph.from_local_env_strategy(s, CrystalNN())
    theirs = {key(i, j, d["to_jimage"]) for i, j, d in graph.graph.edges(data=True)}
    ours = [key(b["i"], b["j"], tuple(b["image"])) for b in bonds(s)]
    assert len(ours) == len(set(ours)), "each bond once"
    assert set(ours) == theirs
    for b in bonds(s):
        assert b["length"] == pytest.approx(s.get_distance(b["i"], b["j"], jimage=b["image"]), abs=1e-5)


@pytest.mark.parametrize("name", CONTACTS)
def test_contacts_an_atom(name):
    s = CRYSTALS[name]
    count = [0] * len(s)
    for b in bonds(s):
        count[b["i"]] += 1
        count[b["j"]] += 1
    assert {(site.specie.symbol, n) for site, n in zip(s, count, strict=True)} == set(CONTACTS[name].items())
