"""Energies above the hull through MCP: what is on it, what is unknown, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure
from samples import rock_salt, store
from wire import Session

from crystalyse_references.known import known_phases

PHASE = {p.name: p for p in known_phases()}


@pytest.fixture(scope="module")
def relaxed(mace: Session) -> dict[str, str]:
    """NaCl in two types, relaxed: name -> id."""
    types = {"rocksalt": rock_salt(5.7), "cscl": Structure(Lattice.cubic(3.5), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])}
    out = {}
    for name, s in types.items():
        out[name] = mace.call("relax_structure", {"structure_id": store(s)})["structure_id"]
    return out


def test_the_known_phase_is_on_its_hull(mace: Session, relaxed: dict[str, str]) -> None:
    told: list[str] = []
    out = mace.call("calculate_energy_above_hull", {"structure_ids": list(relaxed.values()), "formulas": ["NaCl", "NaCl"]}, progress=told.append)
    stable, other = out["items"]
    assert stable["energy_above_hull_per_atom"] <= 0.002 < 0.02 < other["energy_above_hull_per_atom"]
    assert stable["verdict"] == "on the hull of these 5 phases" and stable["threshold"] == 0.002
    assert other["verdict"].startswith("more than 100 meV/atom above the hull of these 5 phases") and other["threshold"] == 0.1
    assert [p["formula"] for p in other["decomposition"]] == ["NaCl"]
    assert sum(p["fraction"] for p in other["decomposition"]) == pytest.approx(1)
    assert stable["model_error"] == 0.061 and "Matbench" in out["model_error_source"]
    hull = stable["hull"]
    assert (hull["entries"], hull["system"], hull["missing"]) == (5, "Cl-Na", [])
    assert hull["date"] and hull["known_phases_date"] and hull["energy_level"] == "MP2020-corrected"
    kinds = sorted(c["kind"] for c in hull["competing"])
    assert kinds == ["candidate", "candidate", "element", "element", "known"]
    assert all(c["source"] for c in hull["competing"])
    assert told[-1].endswith("members=5") or "done=" in told[-1]


def test_a_listed_phase_that_is_the_candidate_counts_once(mace: Session, relaxed: dict[str, str]) -> None:
    [item] = mace.call("calculate_energy_above_hull", {"structure_ids": [relaxed["cscl"]]})["items"]
    [listed] = [c for c in item["hull"]["competing"] if c["kind"] == "known"]
    [item] = mace.call("calculate_energy_above_hull", {"structure_ids": [listed["structure_id"]]})["items"]
    assert item["verdict"] == "on the hull of these 3 phases" and item["hull"]["entries"] == 3
    [own] = [c for c in item["hull"]["competing"] if c["kind"] == "candidate"]
    assert (own["structure_id"], own["phase"], own["source"]) == (listed["structure_id"], listed["phase"], listed["source"])
    [element] = [c for c in item["hull"]["competing"] if c["formula"] == "Na"]
    [item] = mace.call("calculate_energy_above_hull", {"structure_ids": [element["structure_id"]]})["items"]
    assert item["energy_above_hull_per_atom"] == 0 and item["hull"]["entries"] == 1 and item["hull"]["competing"][0]["kind"] == "element"


def test_a_missing_known_phase_makes_it_unknown(mace: Session) -> None:
    sid = mace.call("relax_structure", {"structure_id": store(PHASE["Na2O-fluorite"].structure())})["structure_id"]
    [item] = mace.call("calculate_energy_above_hull", {"structure_ids": [sid]})["items"]
    assert item["energy_above_hull_per_atom"] is not None and item["hull"]["missing"] == []
    kept = next((mace.state / "artifacts" / "references").glob("chgnet-*/NaO2-pyrite.json"))
    good = kept.read_text()
    kept.write_text(json.dumps(json.loads(good) | {"converged": False}))
    [item] = mace.call("calculate_energy_above_hull", {"structure_ids": [sid]})["items"]
    kept.write_text(good)
    assert item["verdict"].startswith("unknown") and item["energy_above_hull_per_atom"] is None
    assert item["energy_above_partial_hull_per_atom"] is not None
    assert item["energy_below_competing_per_atom"] is None, "what is missing might compete"
    assert any("NaO2" in m for m in item["hull"]["missing"])
    assert not any(c["formula"] == "NaO2" for c in item["hull"]["competing"])


def test_a_known_phase_that_the_time_does_not_allow_is_missing(mace: Session) -> None:
    sid = mace.call("relax_structure", {"structure_id": store(rock_salt(5.1, "Li", "Cl"))})["structure_id"]
    out = mace.call("calculate_energy_above_hull", {"structure_ids": [sid]}, meta={"answer_by": 1.0})
    [item] = out["items"]
    assert out["n_cut"] == 1 and item["energy_above_hull_per_atom"] is None and item["energy_above_partial_hull_per_atom"] == 0
    assert any("LiCl" in m and "time" in m for m in item["hull"]["missing"])
    out = mace.call("calculate_energy_above_hull", {"structure_ids": [sid]})
    assert out["n_cut"] == 0 and out["items"][0]["energy_above_hull_per_atom"] is not None, "asked again, it is there"


def test_an_element_without_reference_makes_it_unknown_and_leaves_the_others(mace: Session, relaxed: dict[str, str]) -> None:
    plutonium = store(rock_salt(4.96, "Pu", "O"))
    salt, odd = mace.call("calculate_energy_above_hull", {"structure_ids": [relaxed["rocksalt"], plutonium]})["items"]
    assert salt["verdict"].startswith("on the hull of these")
    assert odd["verdict"] == "unknown: Pu: there is no reference phase of it here" and odd["energy_above_hull_per_atom"] is None
    assert odd["hull"]["entries"] == 0 and odd["formation_energy_per_atom"] is None


def test_the_unrelaxed_get_no_verdict(mace: Session) -> None:
    [item] = mace.call("calculate_energy_above_hull", {"structure_ids": [store(rock_salt(5.2))]})["items"]
    assert not item["converged"] and item["energy_above_hull_per_atom"] is None and "not relaxed" in item["verdict"]


def test_thresholds_are_one_editable_set(mace: Session, relaxed: dict[str, str]) -> None:
    wide = {"on_hull": 0.002, "near": 0.5, "metastable": 0.6}
    out = mace.call("calculate_energy_above_hull", {"structure_ids": [relaxed["cscl"]], "thresholds": wide})
    assert out["thresholds"] == wide and out["items"][0]["threshold"] == 0.5
    assert out["items"][0]["verdict"].startswith("within 500 meV/atom")


@pytest.mark.parametrize(("formulas", "field"), [(["KCl"], "formulas.0"), (["Na2Cl2"], "formulas.0"), (["Na2Cl"], "formulas.0"), (["NaCl", "NaCl"], "formulas"),
                                                 (["Xx"], "formulas.0")])
def test_a_structure_of_another_composition_is_refused(mace: Session, relaxed: dict[str, str], formulas: list[str], field: str) -> None:
    fault = mace.fault("calculate_energy_above_hull", {"structure_ids": [relaxed["rocksalt"]], "formulas": formulas})
    assert (fault["code"], fault["field"]) == ("invalid_input", field)


def test_earlier_results_enter_the_hull(mace: Session, relaxed: dict[str, str]) -> None:
    args = {"structure_ids": [relaxed["cscl"]], "earlier_structure_ids": [relaxed["rocksalt"]]}
    [item] = mace.call("calculate_energy_above_hull", args)["items"]
    assert [c["kind"] for c in item["hull"]["competing"]].count("earlier result") == 1


def test_old_style_calls_are_told_what_to_pass(mace: Session) -> None:
    fault = mace.fault("calculate_energy_above_hull", {"composition": "NaCl", "total_energy": -6.7})
    assert fault["code"] == "invalid_input" and fault["field"] == "structure_ids"


def test_a_broken_set_of_thresholds_is_named(mace: Session, relaxed: dict[str, str], tmp_path: Path) -> None:
    bad = {"on_hull": 0.2, "near": 0.1, "metastable": 0.6}
    assert mace.fault("calculate_energy_above_hull", {"structure_ids": [relaxed["cscl"]], "thresholds": bad})["field"] == "thresholds"
