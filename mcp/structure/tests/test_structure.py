from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from crystalyse_common.golden import FOLDER
from crystalyse_common.structures import put_structure

ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
FLUORITE = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.46), ["Ca", "F"], [[0, 0, 0], [0.25, 0.25, 0.25]])


def put(s: Structure, origin: str = "input") -> str:
    return put_structure(s, origin=origin, created_by="test").structure_id


def test_tools_are_the_golden_ones(server):
    golden = json.loads(Path(FOLDER / "structure.json").read_text())
    keys = ("name", "description", "inputSchema", "outputSchema")
    live = {t["name"]: [t.get(k) for k in keys] for t in server.tools()}
    assert live == {t["name"]: [t.get(k) for k in keys] for t in golden["tools"]}


@pytest.mark.parametrize("fmt", ["cif", "poscar", "json"])
def test_parse_gives_the_same_structure_from_every_format(server, fmt):
    out = server.call("parse_structure", {"content": ROCK_SALT.to(fmt=fmt)})
    assert out["format"] == fmt and out["n_bonds"] == 24
    assert out["structures"][0]["structure_id"] == put(ROCK_SALT)
    record = json.loads((Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / "structures" / f"{put(ROCK_SALT)}.json").read_text())
    per_atom = [sum(b["i"] == k or b["j"] == k for b in record["bonds"]) for k in range(8)]
    assert per_atom == [6] * 8, "six contacts an atom, periodic images included"


def test_older_arguments_mean_the_same(server):
    text = ROCK_SALT.to(fmt="cif")
    new = server.call("parse_structure", {"content": text})
    assert server.call("parse_structure", {"cif_content": text}) == new
    sid = new["structures"][0]["structure_id"]
    assert server.call("analyze_space_group", {"structure_id": sid, "symprec": 0.05}) == server.call("analyze_space_group", {"structure_id": sid, "symprecs": [0.05]})


@pytest.mark.parametrize(("structure", "expected"), [(ROCK_SALT, {"Na": 6, "Cl": 6}), (FLUORITE, {"Ca": 8, "F": 4})])
def test_coordination(server, structure, expected):
    out = server.call("analyze_coordination", {"structure_id": put(structure)})
    assert {i["element"]: i["coordination_number"] for i in out["items"]} == expected


def test_space_group_of_the_conventional_cell(server):
    out = server.call("analyze_space_group", {"structure_id": put(FLUORITE.get_primitive_structure())})
    assert (out["space_group_number"], out["conventional"]["n_atoms"]) == (225, 12)
    assert out["conventional"]["lattice_a"] == pytest.approx(5.46, abs=1e-4)
    assert {(w["element"], w["letter"]) for w in out["wyckoff"]} == {("Ca", "4a"), ("F", "8c")}


def test_a_relaxed_structure_is_reported_at_the_looser_tolerance(server):
    shifts = np.random.default_rng(1).normal(0, 0.008, (8, 3))
    rattled = Structure(ROCK_SALT.lattice, ROCK_SALT.species, ROCK_SALT.cart_coords + shifts, coords_are_cartesian=True)
    relaxed = server.call("analyze_space_group", {"structure_id": put(rattled, "relaxed")})
    assert relaxed["space_group_number"] == 225 and relaxed["symprec"] == 0.1 and relaxed["note"]
    assert relaxed["scan"][0]["space_group_number"] < 225


def test_where_a_structure_comes_from_is_the_askers_word(server):
    shifts = np.random.default_rng(2).normal(0, 0.008, (8, 3))
    sid = put(Structure(ROCK_SALT.lattice, ROCK_SALT.species, ROCK_SALT.cart_coords + shifts, coords_are_cartesian=True), "relaxed")

    def ask(tool: str, arguments: dict, **record) -> dict:
        return server.call(tool, arguments, meta={"records": {sid: record}})

    read = ask("analyze_space_group", {"structure_id": sid}, origin="input", label="mine", space_group=None)
    assert (read["symprec"], "relaxed" in read["note"]) == (0.01, False), "the asker has it from a file, whoever relaxed to it first"
    assert ask("analyze_space_group", {"structure_id": sid}, origin="relaxed")["symprec"] == 0.1
    paths = [ask("convert_structure", {"structure_id": sid, "format": "annotations"}, origin=o)["path"] for o in ("input", "relaxed")]
    assert paths == [f"exports/{sid}.annotations.3.json", f"exports/{sid}.annotations.relaxed.3.json"]
    read = [json.loads((Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / p).read_text())["symmetry"]["symprec"] for p in paths]
    assert read == [0.01, 0.1]
    new = ask("substitute_elements", {"structure_id": sid, "replacements": {"Na": "K"}}, origin="input", label="mine")
    assert new["structures"][0]["label"] == "in the cell of mine"


@pytest.mark.parametrize(("fmt", "suffix"), [("cif", "cif"), ("poscar", "vasp"), ("xyz", "extxyz"), ("json", "json")])
def test_conversion_round_trips(server, fmt, suffix):
    sid = put(FLUORITE)
    out = server.call("convert_structure", {"structure_id": sid, "format": fmt})
    assert out["path"] == f"exports/{sid}.{suffix}"
    text = (Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / out["path"]).read_text()
    assert server.call("parse_structure", {"content": text})["structures"][0]["formula"] == "CaF2"


def test_annotations_are_bonds_and_symmetry(server):
    primitive = FLUORITE.get_primitive_structure()
    sid = put(primitive, "relaxed")  # stored without bonds, as generators and relaxations do
    out = server.call("convert_structure", {"structure_id": sid, "format": "annotations"})
    body = json.loads((Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / out["path"]).read_text())
    assert len(body["bonds"]) == 8 and body["bonds_method"] == "CrystalNN"
    assert body["symmetry"]["space_group_number"] == 225
    assert [x["wyckoff"] for x in body["sites"]] == ["a" if el == "Ca" else "c" for el in body_species(sid)]
    assert len({x["orbit"] for x in body["sites"]}) == 2


def annotated(server, sid: str) -> dict:
    out = server.call("convert_structure", {"structure_id": sid, "format": "annotations"})
    return json.loads((Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / out["path"]).read_text())


QUARTZ = Structure.from_spacegroup("P3_221", Lattice.hexagonal(4.913, 5.405), ["Si", "O"], [[0.4697, 0, 0], [0.4135, 0.2669, 0.1191]])
RUTILE_LIKE = Structure.from_spacegroup("I4/mmm", Lattice.tetragonal(3.9, 12.6), ["La", "O"], [[0, 0, 0.36], [0.5, 0, 0]])
CORUNDUM = Structure.from_spacegroup("R-3c", Lattice.hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.3522], [0.3064, 0, 0.25]])


@pytest.mark.parametrize("structure", [ROCK_SALT, FLUORITE, RUTILE_LIKE, CORUNDUM], ids=["Fm-3m", "fluorite", "I4/mmm", "R-3c"])
def test_the_conventional_cell_is_a_block_of_the_stored_one(server, structure):
    primitive = structure.get_primitive_structure()
    sid = put(primitive)
    body = annotated(server, sid)
    cell, conventional = body["conventional_cell"], body["symmetry"]["conventional"]
    stored = json.loads((Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / "structures" / f"{sid}.json").read_text())
    lattice = np.array(cell["transform"]) @ np.array(stored["lattice"])
    assert Lattice(lattice).abc == pytest.approx([conventional[f"lattice_{k}"] for k in "abc"], rel=1e-3)
    at = [np.array(stored["frac_coords"][i]) + t for i, *t in cell["atoms"]]
    block = Structure(lattice, [stored["species"][i] for i, *_ in cell["atoms"]], np.array(at) @ stored["lattice"], coords_are_cartesian=True)
    assert len(block) == conventional["n_atoms"] == len(structure)
    assert (block.frac_coords > -2e-3).all() and (block.frac_coords < 1).all(), "every atom lies in the cell"
    assert block.matches(structure), "it is the same crystal"
    assert len(cell["bonds"]) == len(body["bonds"]) * len(block) // len(primitive)
    found = sorted(round(block.sites[i].distance(block.sites[j], jimage=image), 3) for i, j, *image in cell["bonds"])
    assert found == sorted(round(b["length"], 3) for b in body["bonds"] for _ in range(len(block) // len(primitive)))


@pytest.mark.parametrize("structure", [ROCK_SALT, QUARTZ], ids=["already conventional", "primitive is conventional"])
def test_a_cell_that_is_the_conventional_one_needs_no_other(server, structure):
    assert annotated(server, put(structure))["conventional_cell"] is None


def body_species(sid: str) -> list[str]:
    return json.loads((Path(os.environ["CRYSTALYSE_ARTIFACTS"]) / "structures" / f"{sid}.json").read_text())["species"]


@pytest.mark.parametrize("sid", ["../../etc/passwd", "st_" + "0" * 26, "", "st_ZZ"])
def test_ids_that_are_none(server, sid):
    error = server.fault("analyze_coordination", {"structure_id": sid})
    assert error["code"] in {"invalid_input", "not_found"} and error["field"] == "structure_id"


OVERLAP = "x\n1.0\n3 0 0\n0 3 0\n0 0 3\nNa Cl\n1 1\ndirect\n0 0 0\n0.01 0 0\n"
DISORDERED = Structure(Lattice.cubic(3), [{"Na": 0.5, "K": 0.5}], [[0, 0, 0]]).to(fmt="cif")


# Its second vector less the first is 0.3 angstrom long, though no edge is short.
SKEWED = json.dumps({"lattice": [[10, 0, 0], [9.9, 0.3, 0], [0, 0, 10]], "species": ["Na"], "frac_coords": [[0, 0, 0]]})
NAN = json.dumps({"lattice": [[4, 0, 0], [0, 4, 0], [0, 0, 4]], "species": ["Na"], "frac_coords": [[float("nan"), 0, 0]]})
EMPTY = json.dumps({"lattice": [[4, 0, 0], [0, 4, 0], [0, 0, 4]], "species": [], "frac_coords": []})
HUGE = json.dumps({"lattice": [[400, 0, 0], [0, 400, 0], [0, 0, 400]], "species": ["Na"], "frac_coords": [[0, 0, 0]]})
MANY = ROCK_SALT.copy().make_supercell([6, 6, 4]).to(fmt="poscar")


@pytest.mark.parametrize("content", ["nonsense", "data_x\n_cell_length_a nan\n", OVERLAP, DISORDERED, SKEWED, NAN, EMPTY, HUGE, MANY, "2\nno cell\nNa 0 0 0\nCl 1 1 1\n", "{}"],
                         ids=["nonsense", "no number", "overlap", "disordered", "skewed", "nan", "no atoms", "huge cell", "too many atoms", "no cell", "empty json"])
def test_bad_files_are_refused_by_field(server, content):
    error = server.fault("parse_structure", {"content": content})
    assert error["field"] == "content" and error["code"] in {"invalid_input", "unsupported"} and error["suggestions"]
