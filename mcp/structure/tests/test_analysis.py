"""Comparison, novelty, diffraction, oxidation states, end members."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from crystalyse_common.structures import load_structure, put_structure
from crystalyse_references.known import date, known_phases

PHASE = {p.name: p for p in known_phases()}


def put(s: Structure) -> str:
    return put_structure(s, origin="input", created_by="test").structure_id


def known(name: str) -> str:
    return put(PHASE[name].structure())


@pytest.mark.parametrize(("name", "states"), [
    ("NaCl-rocksalt", {"Na": [1], "Cl": [-1]}), ("Fe3O4-magnetite", None), ("LiFePO4-olivine", {"Li": [1], "Fe": [2], "P": [5], "O": [-2]})])
def test_oxidation_states(server, name, states):
    out = server.call("validate_oxidation_states", {"structure_id": known(name)})
    assert out["charge_balanced"]
    assert states is None or out["oxidation_states"] == states
    assert len(out["sites"]) == len(PHASE[name].structure())
    assert out["reasonable_fraction"] > 0.5


def test_metals_have_no_states(server):
    out = server.call("validate_oxidation_states", {"structure_id": known("NiAl-cscl")})
    assert not out["charge_balanced"] or out["oxidation_states"]
    assert all(s["reasonable"] is None or isinstance(s["reasonable"], bool) for s in out["sites"])


def test_equal_crystals_are_grouped(server):
    s = PHASE["TiO2-rutile"].structure()
    bigger = s.copy()
    bigger.scale_lattice(s.volume * 1.1)
    ids = [put(s), put(bigger), known("TiO2-anatase")]
    out = server.call("match_structures", {"structure_ids": ids})
    assert out["groups"] == [ids[:2], ids[2:]] and out["n_distinct"] == 2
    assert out["matches"][0]["rms"] == pytest.approx(0, abs=1e-6)
    assert "StructureMatcher" in out["tolerances"]
    assert server.fault("match_structures", {"structure_ids": [ids[0], ids[0]]})["field"] == "structure_ids"


def test_novelty_is_relative_to_a_dated_set(server):
    odd = put(Structure(Lattice.cubic(3.4), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    unheard = put(Structure(Lattice.cubic(4.0), ["Rb", "Sc", "F", "F", "F"], [[0.5] * 3, [0] * 3, [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]))
    out = server.call("novelty", {"structure_ids": [known("NaCl-rocksalt"), odd, unheard]})
    same, other, new = out["items"]
    assert same["in_set"] and same["matched"] == "NaCl (rocksalt)"
    assert not other["in_set"] and other["composition_in_set"]
    assert not new["composition_in_set"] and new["wording"].startswith("not in this set")
    assert out["set_date"] == date() and out["set_size"] == len(PHASE)
    wider = server.call("novelty", {"structure_ids": [unheard], "reference_ids": [put(load_structure(unheard).copy().apply_strain(0.01))], "set_name": "hits of a search"})
    assert wider["items"][0]["in_set"] and "hits of a search" in wider["set_name"] and wider["set_size"] == len(PHASE) + 1


def test_powder_pattern_of_rock_salt(server):
    sid = known("NaCl-rocksalt")
    out = server.call("simulate_xrd", {"structure_id": sid})
    strongest = max(out["peaks"], key=lambda p: p["intensity"])
    assert strongest["two_theta"] == pytest.approx(31.7, abs=0.1), "the 200 of NaCl with Cu K-alpha"
    assert strongest["hkl"] == ["200"]
    primitive = server.call("simulate_xrd", {"structure_id": put(load_structure(sid).get_primitive_structure())})
    assert [(p["hkl"], round(p["two_theta"], 3), round(p["intensity"], 1)) for p in primitive["peaks"]] == \
        [(p["hkl"], round(p["two_theta"], 3), round(p["intensity"], 1)) for p in out["peaks"]], "planes are named in the conventional axes whatever cell is stored"
    text = (Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / out["artifacts"][0]["path"]).read_text()
    assert text.count("\n") == out["n_peaks"] + 1
    assert server.fault("simulate_xrd", {"structure_id": sid, "radiation": "XxKa"})["field"] == "radiation"


def test_the_charged_end_member(server):
    out = server.call("remove_ion", {"structure_id": known("LiFePO4-olivine"), "element": "Li"})
    assert [s["formula"] for s in out["structures"]] == ["FePO4"] and (out["removed"], out["kept"]) == (4, 0)
    two = server.call("remove_ion", {"structure_id": known("Na2O2-na2o2"), "element": "Na", "sites": "each_set"})
    assert len(two["structures"]) == 2
    assert server.fault("remove_ion", {"structure_id": known("NaCl-rocksalt"), "element": "Li"})["field"] == "element"
    assert server.fault("remove_ion", {"structure_id": put(Structure(Lattice.cubic(3), ["Na"], [[0, 0, 0]])), "element": "Na"})["field"] == "element"


def test_other_elements_on_the_sites_of_a_known_type(server):
    out = server.call("substitute_elements", {"structure_id": known("LiFePO4-olivine"), "replacements": {"Li": "Na", "Fe": "Mn"}})
    (got,) = out["structures"]
    assert (got["formula"], got["space_group"]["number"], out["replaced"], out["rescaled"]) == ("NaMnPO4", 62, 8, True)
    assert got["volume_per_atom"] > 10.5, "larger ions need a larger cell than LiFePO4's 10.4"
    for bad in ({"Na": "Li"}, {"Li": "Xx"}, {"Li": "Fe"}):
        assert server.fault("substitute_elements", {"structure_id": known("LiFePO4-olivine"), "replacements": bad})["field"] == "replacements"
    swapped = server.call("substitute_elements", {"structure_id": known("NaCl-rocksalt"), "replacements": {"Na": "Cl", "Cl": "Na"}})
    assert swapped["structures"][0]["formula"] == "NaCl"


SINGLE = "x\n1.0\n{a} 0 0\n0 {a} 0\n0 0 {a}\n{el}\n1\ndirect\n0 0 0\n"


@pytest.mark.parametrize(("content", "code"), [
    ("data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n", "invalid_input"),
    (SINGLE.format(a="nan", el="Na"), "invalid_input"),
    (SINGLE.format(a=4, el="Xx"), "invalid_input"),
    ("x\n1.0\n30 0 0\n0 30 0\n0 0 30\nNa\n1001\ndirect\n" + "\n".join(f"{i % 10 / 10} {i // 10 % 10 / 10} {i // 100 / 11}" for i in range(1001)) + "\n", "invalid_input"),
    (SINGLE.format(a=0.4, el="Na"), "invalid_input"),
])
def test_more_bad_files(server, content, code):
    error = server.fault("parse_structure", {"content": content})
    assert (error["field"], error["code"]) == ("content", code)


def test_deuterium_is_hydrogen_here(server):
    hydride = Structure(Lattice.cubic(4.08), ["Li", "H"], [[0, 0, 0], [0.5, 0.5, 0.5]]).to(fmt="cif")
    assert not server.call("parse_structure", {"content": hydride})["warnings"]
    out = server.call("parse_structure", {"content": hydride.replace(" H ", " D ").replace(" H1 ", " D1 ")})
    assert out["structures"][0]["formula"] == "LiH"
    assert any("deuterium" in w for w in out["warnings"])
