"""What the server offers, refuses and tells about its potentials."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure
from samples import rock_salt, store
from wire import MCP, Session

ABSENT = "st_" + "0" * 26


def test_chgnet_is_the_default(mace: Session) -> None:
    out = mace.call("list_models", {})
    models = {m["key"]: m for m in out["items"]}
    assert out["default"] == "chgnet"
    assert models["chgnet"]["energy_level"] == "MP2020-corrected"
    assert len(models["chgnet"]["checkpoint_sha256"]) == 64


def test_mace_without_weights_says_what_to_do(mace: Session) -> None:
    models = {m["key"]: m for m in mace.call("list_models", {})["items"]}
    assert not models["mace-medium-mpa-0"]["available"]
    assert models["mace-medium-mpa-0"]["checkpoint_sha256"] is None
    fault = mace.fault("calculate_energy", {"structure_id": store(rock_salt()), "potential": "mace"})
    assert (fault["code"], fault["field"]) == ("unavailable", "potential")
    assert "models folder" in fault["suggestions"][0]


def test_energy_names_its_potential(mace: Session) -> None:
    sid = store(rock_salt(5.64))
    out = mace.call("calculate_energy", {"structure_id": sid}, {"idempotency_key": "point"})
    assert out["structure_id"] == sid
    assert out["total_energy"] == pytest.approx(2 * out["energy_per_atom"])
    assert -3.75 < out["energy_per_atom"] < -3.6
    assert out["potential"]["name"] == "CHGNet"
    assert out["potential"]["device"]
    assert len(mace.log(key="point", event="evaluation")) == 1


def test_server_itself_never_loads_torch(mace: Session) -> None:
    mace.call("calculate_energy", {"structure_id": store(rock_salt(5.65))}, {"idempotency_key": "maps"})
    engine = mace.log(key="maps", event="evaluation")[0]["pid"]
    server = int(Path(f"/proc/{engine}/stat").read_text().rpartition(")")[2].split()[1])
    assert "libtorch" in Path(f"/proc/{engine}/maps").read_text()
    assert "libtorch" not in Path(f"/proc/{server}/maps").read_text()
    assert os.getpgid(engine) == os.getpgid(server) == server, "one group, so that a host can end all of it"


@pytest.mark.parametrize(("tool", "args", "code", "field"), [
    ("calculate_energy", {"structure_id": ABSENT}, "not_found", "structure_id"),
    ("calculate_energy", {"structure_id": "NaCl"}, "invalid_input", "structure_id"),
    ("calculate_energy", {}, "invalid_input", "structure_id"),
    ("relax_structure", {"structure_id": ABSENT, "fmax": 0}, "invalid_input", "fmax"),
    ("relax_structure", {"structure_id": ABSENT, "fmax": "nan"}, "invalid_input", "fmax"),
    ("relax_structures", {"structure_ids": []}, "invalid_input", "structure_ids"),
    ("relax_structures", {"structure_ids": [ABSENT]}, "not_found", "structure_ids.0"),
    ("prescreen_structures", {"structure_ids": [ABSENT]}, "not_found", "structure_ids.0"),
    ("calculate_formation_energy", {"structure_ids": [ABSENT] * 21}, "invalid_input", "structure_ids"),
])
def test_bad_input_names_the_field(mace: Session, tool: str, args: dict[str, Any], code: str, field: str) -> None:
    fault = mace.fault(tool, args)
    assert (fault["code"], fault["field"]) == (code, field)
    assert fault["suggestions"]


def test_older_names_mean_the_same(mace: Session) -> None:
    assert mace.call("list_foundation_models", {}) == mace.call("list_models", {})
    sid = store(rock_salt(5.5))
    new = mace.call("relax_structure", {"structure_id": sid, "max_steps": 3})
    assert mace.call("relax_structure_monitored", {"structure_id": sid, "steps": 3}) == new and new["steps"] <= 3
    one = mace.call("calculate_formation_energy", {"structure_id": new["structure_id"]})
    assert one == mace.call("calculate_formation_energy", {"structure_ids": [new["structure_id"]]})


def test_unknown_potential_lists_what_is_there(mace: Session) -> None:
    fault = mace.fault("relax_structure", {"structure_id": store(rock_salt()), "potential": "dft"})
    assert (fault["code"], fault["field"]) == ("unsupported", "potential")
    assert "chgnet" in fault["suggestions"][0]


def test_element_outside_the_model(mace: Session) -> None:
    polonium = store(Structure(Lattice.cubic(3.35), ["Po"], [[0, 0, 0]]))
    for tool, args in (("calculate_energy", {"structure_id": polonium}), ("relax_structures", {"structure_ids": [polonium]})):
        fault = mace.fault(tool, args)
        assert (fault["code"], fault["field"]) == ("unsupported", "potential")
        assert "Po" in fault["message"]


@pytest.mark.parametrize("cell", [
    Structure(Lattice.cubic(9), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    Structure(Lattice.cubic(4), ["Na", "Cl"], [[0, 0, 0], [0.2, 0, 0]]),
], ids=["apart", "overlapping"])
def test_senseless_cell_is_refused_before_an_evaluation(mace: Session, cell: Structure) -> None:
    sid = store(cell)
    assert mace.fault("relax_structure", {"structure_id": sid})["code"] == "not_converged"
    assert mace.log(structure=sid, event="evaluation") == []


def test_golden_file_is_what_goes_over_the_wire(mace: Session) -> None:
    golden = json.loads((MCP / "golden" / "mace.json").read_text())
    live = {t["name"]: (t["description"], t["inputSchema"], t["outputSchema"], t.get("_meta", {})) for t in mace.tools()}
    assert live == {t["name"]: (t["description"], t["inputSchema"], t["outputSchema"], t["meta"]) for t in golden["tools"]}
