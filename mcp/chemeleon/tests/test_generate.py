"""Structure generation through MCP: what is found, what is refused, what is repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from wire import MCP, PATIENCE, Session, until

from crystalyse_common.structures import load_record, load_structure

# The structure type each compound really has: it must be among twelve candidates.
KNOWN = {"NaCl": {225}, "MgO": {225}, "CaF2": {225}, "CsCl": {221}, "ZnS": {216, 186}, "TiO2": {136, 141}, "CaTiO3": {221, 62},
         "Al2O3": {167}, "LiCoO2": {166}, "MgAl2O4": {227}, "Si": {227}, "Fe": {229}}


def groups(result: dict[str, Any]) -> set[int]:
    """The space groups of the candidates."""
    return {s["space_group"]["number"] for s in result["structures"]}


@pytest.mark.parametrize("formula", KNOWN)
def test_known_structure_is_among_twelve(chemeleon: Session, formula: str) -> None:
    out = chemeleon.call("generate_crystal_csp", {"formula": formula})
    assert KNOWN[formula] <= groups(out)
    assert out["formula"] == formula
    assert len(out["structures"]) == out["n_kept"] == out["n_prototype"] + out["n_pyxtal"] == 12
    assert out["n_tried"] == out["n_kept"] + sum(out["n_rejected"].values())


@pytest.mark.parametrize("formula", ["Si", "NaCl", "LaOF", "LiFePO4", "KYZr2O6"])
def test_composition_is_the_requested_one(chemeleon: Session, formula: str) -> None:
    out = chemeleon.call("generate_crystal_csp", {"formula": formula, "num_samples": 6, "method": "pyxtal"})
    for ref in out["structures"]:
        s = load_structure(ref["structure_id"])
        assert s.composition.reduced_formula == formula
        assert len(s) == ref["n_atoms"] <= 40
        assert ref["origin"] == "pyxtal"
        assert load_record(ref["structure_id"])["created_by"] == "generate_crystal_csp"
    assert len(out["z_values"]) > 1, "several numbers of formula units are tried"


def test_labels_name_the_structure_type(chemeleon: Session) -> None:
    out = chemeleon.call("generate_crystal_csp", {"formula": "CaTiO3", "method": "prototype"})
    labels = {s["label"] for s in out["structures"]}
    assert {"(Cubic) Perovskite (E2_1)", "Orthorhombic Perovskite", "LiNbO3 type"} <= labels


def test_candidates_are_distinct(chemeleon: Session) -> None:
    from pymatgen.analysis.structure_matcher import StructureMatcher

    out = chemeleon.call("generate_crystal_csp", {"formula": "MgO", "num_samples": 20})
    structures = [load_structure(r["structure_id"]) for r in out["structures"]]
    alike = {(r["space_group"]["number"], round(r["volume_per_atom"], 1)) for r in out["structures"]}
    assert len({r["structure_id"] for r in out["structures"]}) == 20
    matcher = StructureMatcher()
    twins = [(a, b) for i, a in enumerate(structures) for b in structures[:i]
             if a.get_space_group_info() == b.get_space_group_info() and matcher.fit(a, b)]
    assert twins == []
    assert len(alike) > 10


def test_same_seed_gives_the_same_structures(chemeleon: Session) -> None:
    args = {"formula": "CaTiO3", "num_samples": 4, "method": "pyxtal", "max_atoms": 15}
    # Side by side, so that calls that share state would be found out.
    first, second, other = [chemeleon.start("generate_crystal_csp", args | {"seed": seed}) for seed in (7, 7, 8)]
    ids = [[s["structure_id"] for s in call.result(PATIENCE)["structures"]] for call in (first, second, other)]
    assert ids[0] == ids[1] != ids[2]


def test_older_names_mean_the_same(chemeleon: Session) -> None:
    new = chemeleon.call("generate_crystal_csp", {"formula": "NaCl", "num_samples": 2})
    assert chemeleon.call("generate_crystal_structure", {"composition": "NaCl", "num_samples": 2}) == new
    assert chemeleon.call("get_model_info", {}) == chemeleon.call("list_generators", {})


def test_z_values_are_kept_to(chemeleon: Session) -> None:
    out = chemeleon.call("generate_crystal_csp", {"formula": "TiO2", "z_values": [2, 4], "num_samples": 10})
    assert {s["n_formula_units"] for s in out["structures"]} == {2, 4}


def test_progress_counts_what_is_kept(chemeleon: Session) -> None:
    told: list[str] = []
    chemeleon.call("generate_crystal_csp", {"formula": "NaCl", "method": "pyxtal"}, progress=told.append)
    assert told[-1].startswith("generate NaCl kept=12 tried=")


@pytest.mark.parametrize(("args", "field", "code"), [
    ({"formula": "Xx2O"}, "formula", "invalid_input"),
    ({"formula": ""}, "formula", "invalid_input"),
    ({"formula": "Li0.5CoO2"}, "formula", "invalid_input"),
    ({"formula": "HLiBeBCNOFNaMgAlSi"}, "formula", "invalid_input"),
    ({"formula": "Na" + "1" * 200}, "formula", "invalid_input"),
    ({"formula": "Ca3Al2Si3O12", "max_atoms": 19}, "max_atoms", "invalid_input"),
    ({"formula": "NaCl", "z_values": [100]}, "z_values", "invalid_input"),
    ({"formula": "NaCl", "z_values": [0]}, "z_values.0", "invalid_input"),
    ({"formula": "NaCl", "num_samples": 0}, "num_samples", "invalid_input"),
    ({"formula": "NaCl", "method": "magic"}, "method", "invalid_input"),
    ({"formula": "NaCl", "method": "chemeleon"}, "method", "unavailable"),
])
def test_bad_input_names_the_field(chemeleon: Session, args: dict[str, Any], field: str, code: str) -> None:
    fault = chemeleon.fault("generate_crystal_csp", args)
    assert (fault["code"], fault["field"]) == (code, field)
    assert fault["suggestions"]


def test_no_checkpoint_says_what_to_do(chemeleon: Session) -> None:
    for tool, args in (("generate_crystal_csp", {"formula": "NaCl", "method": "chemeleon"}), ("generate_de_novo", {})):
        fault = chemeleon.fault(tool, args)
        assert fault["code"] == "unavailable" and any("doctor --install chemeleon" in s for s in fault["suggestions"])


def test_nothing_found_is_said(chemeleon: Session) -> None:
    fault = chemeleon.fault("generate_crystal_csp", {"formula": "LiFePO4", "method": "prototype"})
    assert (fault["code"], fault["field"]) == ("not_converged", "method")


def test_finished_search_is_not_repeated(chemeleon: Session, tmp_path: Path) -> None:
    args, meta = {"formula": "ZnS"}, {"idempotency_key": "kept", "checkpoint_dir": str(tmp_path / "call")}
    first = chemeleon.call("generate_crystal_csp", args, meta)
    assert chemeleon.call("generate_crystal_csp", args, meta) == first
    assert [x["event"] for x in chemeleon.log(key="kept")] == ["start", "answer", "answered_again"]


def test_deadline_ends_a_search(chemeleon: Session) -> None:
    fault = chemeleon.fault("generate_crystal_csp", {"formula": "NaCl", "num_samples": 200}, {"deadline": 1.0})
    assert fault["code"] == "resource"
    assert "deadline" in fault["message"]


def test_cancelled_search_stops(chemeleon: Session) -> None:
    told: list[str] = []
    call = chemeleon.start("generate_crystal_csp", {"formula": "KYZr2O6", "num_samples": 200}, {"idempotency_key": "cut"}, told.append)
    until(lambda: told, "the first progress")
    call.cancel()
    until(lambda: chemeleon.log(key="cut", event="cancelled"), "the server's note of the cancellation")
    assert chemeleon.log(key="cut", event="answer") == []
    assert chemeleon.call("list_generators", {})["items"], "the server goes on"


def test_generators_say_what_is_missing(chemeleon: Session) -> None:
    items = {g["name"]: g for g in chemeleon.call("list_generators", {})["items"]}
    assert items["prototype"]["available"] and items["pyxtal"]["available"]
    assert not items["chemeleon"]["available"]
    assert "doctor --install chemeleon" in items["chemeleon"]["what_to_do"]


def test_golden_file_is_what_goes_over_the_wire(chemeleon: Session) -> None:
    golden = json.loads((MCP / "golden" / "chemeleon.json").read_text())
    live = {t["name"]: (t["description"], t["inputSchema"], t["outputSchema"], t.get("_meta", {})) for t in chemeleon.tools()}
    assert live == {t["name"]: (t["description"], t["inputSchema"], t["outputSchema"], t["meta"]) for t in golden["tools"]}
