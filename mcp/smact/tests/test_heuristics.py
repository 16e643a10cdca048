"""Heuristics say that they are; suggestions are typed."""

from __future__ import annotations

import pytest


def test_heuristics_are_labelled(server):
    out = server.call("analyze_stability", {"compositions": ["NaCl", "GaAs", "NiTi", "Xx"]})
    assert out["basis"].startswith("heuristic")
    salt, arsenide, alloy, none = out["items"]
    assert salt["bonding"] == "mostly ionic" and salt["electronegativity_difference"] == pytest.approx(2.23, abs=0.01)
    assert arsenide["bonding"] == "covalent or metallic"
    assert alloy["valid"] is None and alloy["metallicity_score"] > salt["metallicity_score"]
    assert none["error"] and none["formula"] is None


def test_dopants_of_a_perovskite(server):
    out = server.call("predict_dopants", {"species": ["Ca2+", "Ti4+", "O2-"], "num_dopants": 3})
    first = out["n_type_cation"][0]
    assert (first["dopant"], first["replaces"]) == ("La3+", "Ca2+")
    assert out["p_type_cation"][0]["dopant"] == "Na1+" and out["n_type_anion"][0]["dopant"] == "F1-"
    assert all(len(out[k]) <= 3 for k in ("n_type_cation", "p_type_cation", "n_type_anion", "p_type_anion"))
    for bad in (["Ca", "O2-"], ["Qq2+", "O2-"]):
        fault = server.fault("predict_dopants", {"species": bad})
        assert (fault["code"], fault["field"]) == ("invalid_input", "species.0")


def test_vector_of_a_composition(server):
    out = server.call("generate_ml_representation", {"composition": "Na2Cl2"})
    assert out["formula"] == "NaCl" and out["length"] == 103
    assert (out["vector"][10], out["vector"][16], sum(out["vector"])) == (0.5, 0.5, 1.0)
    assert server.fault("generate_ml_representation", {"composition": "Xx"})["field"] == "composition"


def test_older_names_mean_the_same(server):
    new = server.call("validate_composition", {"compositions": ["LiFePO4"]})
    for name, args in (("smact_validity", {"composition": "LiFePO4"}), ("smact_validate_fast", {"composition": "LiFePO4"}),
                       ("validate_composition", {"composition": "LiFePO4"})):
        assert server.call(name, args) == new
    assert server.call("get_element_info", {"element": "Fe"}) == server.call("element_info", {"elements": ["Fe"]})
    assert "error" in server.call("no_such_tool", {}) or "text" in server.call("no_such_tool", {})
