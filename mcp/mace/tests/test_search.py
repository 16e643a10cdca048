"""End to end, as a discovery does it: generate, relax, formation energy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer
from samples import rock_salt, store
from wire import PATIENCE, Session, serve

from crystalyse_common.structures import load_structure

# formula: space group, conventional a (None: not checked), formation energy in eV/atom
KNOWN = {"NaCl": ("Fm-3m", 5.64, (-2.3, -1.9)), "MgO": ("Fm-3m", 4.21, (-3.3, -2.9)), "CaF2": ("Fm-3m", None, (-4.5, -4.0))}


@pytest.fixture(scope="module")
def generator(state: Path):
    """The generator server, sharing the artifact folder."""
    with serve("chemeleon", state) as session:
        yield session


@pytest.mark.parametrize("formula", KNOWN)
def test_finds_the_known_structure(mace: Session, generator: Session, formula: str) -> None:
    group, a, (low, high) = KNOWN[formula]
    ids = [s["structure_id"] for s in generator.call("generate_crystal_csp", {"formula": formula, "num_samples": 8, "max_atoms": 8})["structures"]]
    found = mace.call("relax_structures", {"structure_ids": ids, "keep_best": 3})
    best = found["items"][0]
    assert (best["space_group_symbol"], best["converged"], best["stage"]) == (group, True, "full")
    if a is not None:
        cell = SpacegroupAnalyzer(load_structure(best["structure_id"]), 0.1).get_conventional_standard_structure()
        assert cell.lattice.a == pytest.approx(a, rel=0.015)
    out = mace.call("calculate_formation_energy", {"structure_ids": [best["structure_id"]]})
    item = out["items"][0]
    assert low < item["formation_energy_per_atom"] < high
    assert item["converged"] and item["note"] is None
    assert all(r["converged"] and r["phase"] for r in item["references"])
    assert out["potential"]["name"] == "CHGNet"


def test_formation_energy_is_its_expression(mace: Session) -> None:
    item = mace.call("calculate_formation_energy", {"structure_ids": [store(rock_salt(5.7))]})["items"][0]
    refs = {r["element"]: r["energy_per_atom"] for r in item["references"]}
    assert item["expression"] == "E/atom - 0.5 E(Cl) - 0.5 E(Na)"
    per_atom = item["energy_per_atom"] - 0.5 * refs["Cl"] - 0.5 * refs["Na"]
    assert item["formation_energy_per_atom"] == pytest.approx(per_atom)
    assert item["formula_unit_expression"] == "2 (E/atom - 0.5 E(Cl) - 0.5 E(Na))"
    assert item["formation_energy_per_formula_unit"] == pytest.approx(2 * per_atom)
    assert item["molar_expression"] == "96.48533 kJ/mol/eV * 2 (E/atom - 0.5 E(Cl) - 0.5 E(Na))"
    assert item["formation_energy_molar"] == pytest.approx(96.48533212 * 2 * per_atom)


def test_unrelaxed_structure_is_flagged(mace: Session) -> None:
    item = mace.call("calculate_formation_energy", {"structure_ids": [store(rock_salt(5.2))]})["items"][0]
    assert not item["converged"] and "not relaxed" in item["note"]


def test_element_without_reference_is_named(mace: Session) -> None:
    ids = [store(rock_salt(5.7)), store(Structure(Lattice.cubic(5), ["Pu", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]))]
    fault = mace.fault("calculate_formation_energy", {"structure_ids": ids})
    assert (fault["code"], fault["field"]) == ("unsupported", "structure_ids.1")
    assert "Pu" in fault["message"]


def test_unconverged_reference_gives_no_value(mace: Session) -> None:
    mace.call("calculate_formation_energy", {"structure_ids": [store(rock_salt(6.3, "K", "Cl"))]})
    kept = next((mace.state / "artifacts" / "references").glob("chgnet-*/K.json"))
    good = kept.read_text()
    kept.write_text(json.dumps(json.loads(good) | {"converged": False}))
    item = mace.call("calculate_formation_energy", {"structure_ids": [store(rock_salt(6.3, "K", "Cl"))]})["items"][0]
    kept.write_text(good)
    assert item["formation_energy_per_atom"] is None and "K did not converge" in item["note"]


def test_reference_is_relaxed_once_by_several_calls(mace: Session) -> None:
    ids = [store(rock_salt(a, "Li", "F")) for a in (4.0, 4.05)]
    calls = [mace.start("calculate_formation_energy", {"structure_ids": [sid]}) for sid in ids]
    assert all("items" in call.result(PATIENCE) for call in calls)
    for el in ("Li", "F"):
        assert len(mace.log(key=f"reference/chgnet/{el}", event="success")) == 1
