"""The real MACE path, with a small model that the test builds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import mace as mace_package  # first: it settles how torch loads pickles
import numpy as np
import pytest
import torch
from e3nn import o3
from mace import modules
from samples import rock_salt, store
from wire import Session, serve

from crystalyse_common.structures import load_structure
from crystalyse_mace.calculate import atoms_of

assert mace_package


def tiny(elements: list[int]) -> torch.nn.Module:
    """A random MACE; its pair repulsion keeps cells from collapsing."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    block = modules.interaction_classes["RealAgnosticResidualInteractionBlock"]
    model = modules.ScaleShiftMACE(
        r_max=4.5, num_bessel=4, num_polynomial_cutoff=5, max_ell=1, interaction_cls=block, interaction_cls_first=block, num_interactions=2,
        num_elements=len(elements), hidden_irreps=o3.Irreps("8x0e"), MLP_irreps=o3.Irreps("8x0e"), atomic_energies=np.zeros(len(elements)),
        avg_num_neighbors=20.0, atomic_numbers=elements, correlation=2, gate=torch.nn.functional.silu, atomic_inter_scale=1.0,
        atomic_inter_shift=0.0, pair_repulsion=True, distance_transform="None")
    torch.set_default_dtype(torch.float32)
    return model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's model folder, with a good and a damaged file."""
    folder = tmp_path_factory.mktemp("models")
    torch.save(tiny([8, 12]), folder / "Tiny.model")
    (folder / "damaged.model").write_bytes((folder / "Tiny.model").read_bytes()[:1000])
    return folder


@pytest.fixture(scope="module")
def server(state: Path, models: Path) -> Iterator[Session]:
    """A server that knows the model folder."""
    with serve("mace", state, CRYSTALYSE_MODELS=str(models), CRYSTALYSE_ENGINES="1") as session:
        yield session


def test_model_file_is_listed_with_its_hash(server: Session, models: Path) -> None:
    out = server.call("list_models", {})
    item = next(m for m in out["items"] if m["key"] == "mace-tiny")
    assert item["available"] and item["energy_level"] == "raw PBE(+U)"
    assert item["checkpoint_sha256"] == hashlib.sha256((models / "Tiny.model").read_bytes()).hexdigest()
    assert out["default"] == "chgnet", "a model file does not change what auto means"


def test_energy_is_the_models_own(server: Session, models: Path) -> None:
    from mace.calculators import MACECalculator

    sid = store(rock_salt(4.2, "Mg", "O"))
    out = server.call("calculate_energy", {"structure_id": sid, "potential": "mace-tiny"})
    calc = MACECalculator(model_paths=str(models / "Tiny.model"), device="cpu", default_dtype="float64")
    assert out["total_energy"] == pytest.approx(calc.get_potential_energy(atoms_of(load_structure(sid))), abs=1e-6)
    assert out["potential"]["name"] == "MACE Tiny"


def test_relaxes_with_the_cell(server: Session) -> None:
    out = server.call("relax_structure", {"structure_id": store(rock_salt(4.0, "Mg", "O")), "potential": "mace-tiny", "fmax": 0.05})
    assert out["converged"] and out["steps"] > 0
    assert abs(out["volume_change_percent"]) > 0.1
    assert out["potential"]["name"] == "MACE Tiny"


def test_d3_is_added_as_its_own_code_gives_it(server: Session) -> None:
    from torch_dftd.torch_dftd3_calculator import TorchDFTD3Calculator

    sid = store(rock_salt(4.2, "Mg", "O"))
    plain = server.call("calculate_energy", {"structure_id": sid, "potential": "mace-tiny"})
    with_d3 = server.call("calculate_energy", {"structure_id": sid, "potential": "mace-tiny+d3"})
    dispersion = TorchDFTD3Calculator(device="cpu", damping="bj", dtype=torch.float64, xc="pbe").get_potential_energy(atoms_of(load_structure(sid)))
    assert dispersion < 0
    assert with_d3["total_energy"] - plain["total_energy"] == pytest.approx(dispersion, abs=1e-6)
    assert with_d3["potential"]["name"] == "MACE Tiny + D3(BJ)"


def test_d3_pulls_at_the_cell(server: Session) -> None:
    sid = store(rock_salt(4.2, "Mg", "O"))
    # A random model and D3 have no minimum between them: three steps show the direction.
    change = {p: server.call("relax_structure", {"structure_id": sid, "potential": p, "max_steps": 3})["volume_change_percent"] for p in ("mace-tiny", "mace-tiny+d3")}
    assert change["mace-tiny+d3"] < change["mace-tiny"]


@pytest.mark.parametrize("tool", ["calculate_formation_energy", "calculate_energy_above_hull"])
def test_d3_has_no_level_for_formation_energies(server: Session, tool: str) -> None:
    fault = server.fault(tool, {"structure_ids": [store(rock_salt(4.2, "Mg", "O"))], "potential": "mace-tiny+d3"})
    assert (fault["code"], fault["field"]) == ("unsupported", "potential")
    assert "D3" in fault["message"]


def test_raw_energies_are_corrected_once(server: Session) -> None:
    sid = store(rock_salt(4.2, "Mg", "O"))
    item = server.call("calculate_formation_energy", {"structure_ids": [sid], "potential": "mace-tiny"})["items"][0]
    assert item["correction_per_atom"] == pytest.approx(-0.687 / 2, abs=1e-3)
    refs = {r["element"]: r["energy_per_atom"] for r in item["references"]}
    expected = item["energy_per_atom"] + item["correction_per_atom"] - 0.5 * refs["Mg"] - 0.5 * refs["O"]
    assert item["formation_energy_per_atom"] == pytest.approx(expected) or item["note"]
    assert item["expression"] == "(E + MP2020)/atom - 0.5 E(Mg) - 0.5 E(O)"


def test_element_outside_the_model(server: Session) -> None:
    fault = server.fault("calculate_energy", {"structure_id": store(rock_salt()), "potential": "mace-tiny"})
    assert (fault["code"], fault["field"]) == ("unsupported", "potential")
    assert "Cl, Na" in fault["message"]


def test_damaged_file_is_named(server: Session) -> None:
    fault = server.fault("calculate_energy", {"structure_id": store(rock_salt()), "potential": "mace-damaged"})
    assert (fault["code"], fault["field"]) == ("unavailable", "potential")
    assert "damaged.model" in fault["message"]


def test_a_wrong_hash_is_refused(server: Session, models: Path) -> None:
    (models / "other.model").write_bytes((models / "Tiny.model").read_bytes())
    (models / "other.model.sha256").write_text("0" * 64 + "  other.model\n")
    fault = server.fault("calculate_energy", {"structure_id": store(rock_salt(4.2, "Mg", "O")), "potential": "mace-other"})
    assert (fault["code"], fault["field"]) == ("unavailable", "potential") and "has the hash" in fault["message"]
