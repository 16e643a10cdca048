from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crystalyse_common.errors import ToolFault
from crystalyse_common.formulas import parse_formula
from crystalyse_common.golden import FOLDER
from crystalyse_smact.states import balance

VALID = ["CuAl2O4", "LiFePO4", "CsPbI3", "MgO", "TiO2"]
INVALID = ["Na3Cl", "Mg3N", "Al3O", "CaF3", "K3O"]


def test_tools_are_the_golden_ones(server):
    golden = json.loads(Path(FOLDER / "smact.json").read_text())
    keys = ("name", "description", "inputSchema", "outputSchema")
    live = {t["name"]: [t.get(k) for k in keys] for t in server.tools()}
    assert live == {t["name"]: [t.get(k) for k in keys] for t in golden["tools"]}


def test_validity(server):
    out = server.call("validate_composition", {"compositions": VALID + INVALID})
    assert [i["valid"] for i in out["items"]] == [True] * 5 + [False] * 5
    assert [i["formula"] for i in out["items"]] == VALID + INVALID
    assert (out["n_valid"], out["n_invalid"]) == (5, 5)
    assert all(bool(i["oxidation_states"]) == i["valid"] for i in out["items"])
    assert all("no charge-balanced assignment" in i["reason"] for i in out["items"][5:])


@pytest.mark.parametrize(("formula", "assignment"), [("Fe3O4", "Fe(2+) Fe(3+)2 O(2-)4"), ("LiMn2O4", "Li(1+) Mn(3+) Mn(4+) O(2-)4")])
def test_mixed_valence(server, formula, assignment):
    item = server.call("validate_composition", {"compositions": [formula]})["items"][0]
    assert item["valid"] and item["mixed_valence"] and item["assignment"] == assignment


@pytest.mark.parametrize("formula", ["NiTi", "Si", "CoFe"])
def test_not_applicable(server, formula):
    item = server.call("validate_composition", {"compositions": [formula]})["items"][0]
    assert item["valid"] is None and not item["applicable"] and item["error"] is None


def test_one_bad_formula_in_a_list_is_an_item(server):
    items = server.call("validate_composition", {"compositions": ["MgO", "Xx2O", "Na0.5Cl0.5", "NaCl+"]})["items"]
    assert [i["error"] is None for i in items] == [True, False, True, False]
    assert items[2]["formula"] == "NaCl"


def test_only_bad_formulas_are_refused(server):
    error = server.fault("validate_composition", {"compositions": ["Xx2O"]})
    assert error["code"] == "invalid_input" and error["field"] == "compositions.0" and error["suggestions"]


@pytest.mark.parametrize("args", [{}, {"compositions": []}, {"compositions": "MgO"}, {"compositions": ["MgO"] * 201}])
def test_bad_arguments_name_the_field(server, args):
    error = server.fault("validate_composition", args)
    assert error["code"] == "invalid_input" and error["field"].startswith("compositions")


def test_filter_gives_balanced_compositions(server):
    out = server.call("filter_compositions", {"elements": ["K", "Y", "Zr", "O"], "max_results": 10})
    assert len(out["items"]) == 10 and out["truncated"] and out["n_valid"] > 10
    assert len({i["formula"] for i in out["items"]}) == 10
    for item in out["items"]:
        amounts = parse_formula(item["formula"])
        assert set(amounts) == {"K", "Y", "Zr", "O"}
        assert sum(amounts[el] * states[0] for el, states in item["oxidation_states"].items()) == 0


def test_filter_names_the_wrong_element(server):
    assert server.fault("filter_compositions", {"elements": ["K", "Qq"]})["field"] == "elements.1"
    assert server.fault("filter_compositions", {"elements": ["K", "K"]})["field"] == "elements"


def test_element_info(server):
    item = server.call("element_info", {"elements": ["Na"]})["items"][0]
    assert item["atomic_number"] == 11 and item["oxidation_states"] == [1] and item["is_metal"]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
@example("B0")
def test_any_text_is_a_formula_or_a_typed_refusal(text):
    try:
        amounts = parse_formula(text)
    except ToolFault as fault:
        assert fault.code == "invalid_input" and fault.field == "formula"
    else:
        assert all(n >= 1 for n in amounts.values())


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["Na", "Mg", "Al", "Fe", "O", "Cl", "S", "P"]), st.integers(1, 6), min_size=2, max_size=4), st.booleans())
def test_assignments_balance(amounts, mixed):
    found = balance(amounts, mixed=mixed)
    if found is not None:
        assert sum(s * n for pairs in found.states.values() for s, n in pairs) == 0
        assert {el: sum(n for _, n in pairs) for el, pairs in found.states.items()} == amounts
