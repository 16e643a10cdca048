"""Stress, equation of state, disagreement, batteries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure
from samples import rock_salt, store
from wire import Session, until

from crystalyse_common.structures import load_structure
from crystalyse_references.known import known_phases

PHASE = {p.name: p for p in known_phases()}


@pytest.fixture(scope="module")
def magnesia(mace: Session) -> str:
    return mace.call("relax_structure", {"structure_id": store(rock_salt(4.25, "Mg", "O")), "fmax": 0.01})["structure_id"]


def test_stress_has_the_sign_of_the_strain(mace: Session) -> None:
    squeezed, stretched = (mace.call("calculate_stress", {"structure_id": store(rock_salt(a, "Mg", "O"))}) for a in (4.1, 4.4))
    assert squeezed["pressure"] > 5 and stretched["pressure"] < -5
    assert np.allclose(squeezed["stress_tensor"], np.array(squeezed["stress_tensor"]).T, atol=1e-6)
    assert squeezed["von_mises_stress"] == pytest.approx(0, abs=0.05)


def test_bulk_modulus_of_magnesia(mace: Session, magnesia: str) -> None:
    out = mace.call("fit_equation_of_state", {"structure_id": magnesia})
    assert out["converged"] and out["note"] is None
    assert 120 < out["bulk_modulus"] < 190, "160 GPa by experiment"
    s = load_structure(magnesia)
    assert out["equilibrium_volume_per_atom"] == pytest.approx(s.volume / len(s), rel=0.01)
    assert len(out["points"]) == len(out["inputs"]) == 7 and all(p["converged"] for p in out["points"])


def test_a_strained_structure_gives_no_modulus(mace: Session) -> None:
    out = mace.call("fit_equation_of_state", {"structure_id": store(rock_salt(4.7, "Mg", "O")), "strain_range": 0.01, "n_points": 5})
    assert out["bulk_modulus"] is None and not out["converged"] and "relax" in out["note"]
    assert mace.fault("fit_equation_of_state", {"structure_id": store(rock_salt()), "equation": "hooke"})["field"] == "equation"


def test_an_interrupted_fit_keeps_its_points(mace: Session, magnesia: str, tmp_path: Path) -> None:
    args, meta = {"structure_id": magnesia, "n_points": 9}, {"idempotency_key": "eos", "checkpoint_dir": str(tmp_path)}

    def finished() -> set[str]:
        return {x["key"] for x in mace.log(event="success") if x["key"].startswith("eos/")}

    call = mace.start("fit_equation_of_state", args, meta)
    kept = until(lambda: len(done := finished()) >= 2 and done, "two finished points, kept before they are logged")
    call.cancel()
    out = mace.call("fit_equation_of_state", args, meta)
    assert out["converged"]
    successes = [x["key"] for x in mace.log(event="success")]
    assert all(successes.count(k) == 1 for k in kept), "no finished point is computed again"


def test_one_potential_has_no_disagreement(mace: Session, magnesia: str) -> None:
    out = mace.call("compare_models", {"structure_ids": [magnesia], "potentials_to_compare": ["chgnet"]})
    [item] = out["items"]
    assert item["spread"] is None and out["n_potentials"] == 1
    assert "no disagreement to show" in out["note"] and out["energy_level"] == "MP2020-corrected"
    assert item["opinions"][0]["formation_energy_per_atom"] == pytest.approx(-3.06, abs=0.1)
    wrong = mace.fault("compare_models", {"structure_ids": [magnesia], "potentials_to_compare": ["chgnet", "oracle"]})
    assert (wrong["code"], wrong["field"]) == ("unsupported", "potentials_to_compare.1") and wrong["suggestions"]


@pytest.mark.parametrize(("formula", "ion", "n", "capacity"), [
    ("Na2FePO4F", "Na", 1, 124.2), ("NaFePO4", "Na", None, 154.2), ("NaMnPO4", "Na", None, 155.0), ("NaVPO4", "Na", None, 158.7),
    ("LiFePO4", "Li", None, 169.9), ("Na3V2(PO4)2F3", "Na", 2, 128.3), ("MgMn2O4", "Mg", None, 270.5)])
def test_capacity_states_its_n(mace: Session, formula: str, ion: str, n: float | None, capacity: float) -> None:
    out = mace.call("battery_metrics", {"ion": ion, "formula": formula, "n": n})["capacity"]
    assert out["gravimetric_capacity"] == pytest.approx(capacity, abs=0.1)
    assert f"n = {out['n']:g}" in out["expression"] and out["molar_mass"] > 0


def test_a_fraction_of_the_ion_is_a_fraction_of_an_electron(mace: Session) -> None:
    half = mace.call("battery_metrics", {"ion": "Li", "formula": "Li0.5CoO2"})["capacity"]
    assert (half["n"], half["molar_mass"]) == (0.5, pytest.approx(94.40, abs=0.01)), "per formula unit as written"
    assert half["gravimetric_capacity"] == pytest.approx(141.95, abs=0.05)
    assert mace.fault("battery_metrics", {"ion": "Li", "formula": "Li0.5CoO2", "n": 1})["field"] == "n"


def test_voltage_of_a_layered_oxide(mace: Session) -> None:
    full = PHASE["LiCoO2-nafeo2"].structure()
    empty = Structure.from_sites([s for s in full if s.specie.symbol != "Li"])
    members = [mace.call("relax_structure", {"structure_id": store(s)})["structure_id"] for s in (full, empty)]
    args = {"ion": "Li", "discharged_structure_id": members[0], "charged_structure_id": members[1]}
    out = mace.call("battery_metrics", args | {"formula": "LiCoO2"})
    voltage = out["voltage"]
    assert 3.0 < voltage["average_voltage"] < 4.8
    assert voltage["reaction"] == "LiCoO2 -> CoO2 + 1 Li (per formula unit of LiCoO2)" and voltage["converged"]
    assert out["capacity"]["n"] == 1 and out["capacity"]["gravimetric_capacity"] == pytest.approx(273.8, abs=0.1)
    assert -30 < voltage["volume_change_percent"] < 30
    assert voltage["volume_expression"].startswith("100 (V(CoO2) / V(LiCoO2) - 1)") and voltage["hosts"] == members
    assert voltage["inputs"][:2] == members and len(voltage["inputs"]) == 3
    assert any("+U" in c for c in voltage["caveats"])
    back = mace.fault("battery_metrics", {"ion": "Li", "discharged_structure_id": members[1], "charged_structure_id": members[0]})
    assert back["field"] == "charged_structure_id"
    unrelaxed = mace.call("battery_metrics", args | {"charged_structure_id": store(empty)})
    assert unrelaxed["voltage"]["average_voltage"] is None and "not relaxed" in unrelaxed["voltage"]["note"]


@pytest.mark.parametrize(("args", "field"), [
    ({"ion": "Na"}, "formula"), ({"ion": "Na", "formula": "LiFePO4"}, "formula"), ({"ion": "Na", "formula": "NaFePO4", "n": 2}, "n"),
    ({"ion": "Fe", "formula": "NaFePO4"}, "ion"), ({"ion": "Na", "formula": "NaFePO4", "n": -1}, "n")])
def test_bad_electrodes_name_the_field(mace: Session, args: dict, field: str) -> None:
    fault = mace.fault("battery_metrics", args)
    assert fault["field"] == field and fault["suggestions"]


def test_end_members_of_different_hosts_are_refused(mace: Session, magnesia: str) -> None:
    full = store(PHASE["LiCoO2-nafeo2"].structure())
    fault = mace.fault("battery_metrics", {"ion": "Li", "discharged_structure_id": full, "charged_structure_id": magnesia})
    assert fault["field"] == "charged_structure_id" and "hosts differ" in fault["message"]
