"""Bad input is a typed error with a way on; the server lives."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure
from samples import rock_salt, store
from wire import PATIENCE, Session, params

XENON = Structure.from_spacegroup("Fm-3m", Lattice.cubic(6.2), ["Xe"], [[0, 0, 0]]).get_primitive_structure()
POLONIUM = Structure(Lattice.cubic(3.35), ["Po"], [[0, 0, 0]])


@pytest.mark.parametrize(("tool", "args", "field", "code"), [
    ("relax_structure", {"max_steps": -1}, "max_steps", "invalid_input"),
    ("relax_structure", {"fmax": 0}, "fmax", "invalid_input"),
    ("relax_structure", {"potential": "oracle"}, "potential", "unsupported"),
    ("relax_structure", {"potential": "mace"}, "potential", "unavailable"),
    ("calculate_stress", {"potential": "mace-medium-mpa-0"}, "potential", "unavailable"),
    ("relax_structure", {"structure_id": "st_" + "f" * 26}, "structure_id", "not_found"),
    ("relax_structure", {"structure_id": "../../etc/passwd"}, "structure_id", "invalid_input"),
    ("fit_equation_of_state", {"n_points": 1}, "n_points", "invalid_input"),
    ("fit_equation_of_state", {"strain_range": 5}, "strain_range", "invalid_input"),
])
def test_arguments(mace: Session, tool: str, args: dict[str, Any], field: str, code: str) -> None:
    fault = mace.fault(tool, {"structure_id": store(rock_salt())} | args)
    assert (fault["code"], fault["field"]) == (code, field)
    assert fault["suggestions"]


def test_elements_outside_the_training_data(mace: Session) -> None:
    fault = mace.fault("calculate_energy", {"structure_id": store(POLONIUM)})
    assert (fault["code"], fault["field"]) == ("unsupported", "potential") and "Po" in fault["message"]


def test_a_noble_gas_has_no_reference(mace: Session) -> None:
    fault = mace.fault("calculate_formation_energy", {"structure_ids": [store(XENON)]})
    assert (fault["code"], fault["field"]) == ("unsupported", "structure_ids.0") and "Xe" in fault["message"]
    assert mace.call("list_models", {})["default"] == "chgnet", "the server lives"


def fetch(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = (params("mace", folder).env or {}) | {"CRYSTALYSE_MODELS": str(folder)}
    return subprocess.run([sys.executable, "-m", "crystalyse_mace.fetch", *args], env=env, capture_output=True, text=True, timeout=PATIENCE)


def test_a_foundation_model_is_fetched_and_its_hash_kept(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "m.model").write_bytes(os.urandom(1000))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        url, folder = f"http://127.0.0.1:{httpd.server_port}", tmp_path / "models"
        done = fetch(folder, "mace-medium-mpa-0", "--url", f"{url}/m.model")
        assert done.returncode == 0, done.stderr
        assert (folder / "medium-mpa-0.model").read_bytes() == (tmp_path / "served" / "m.model").read_bytes()
        assert (folder / "medium-mpa-0.model.sha256").read_text().split()[0] == done.stdout.split()[1]
        wrong = fetch(folder, "mace-medium-mp-0", "--url", f"{url}/m.model", "--sha256", "0" * 64)
        assert wrong.returncode != 0 and "came with the hash" in wrong.stderr and not (folder / "medium-mp-0.model").exists()
        absent = fetch(folder, "mace-medium-mp-0", "--url", f"{url}/absent")
        assert absent.returncode != 0 and "HTTP 404" in absent.stderr
        assert "there is no foundation model" in fetch(folder, "gpt").stderr
    finally:
        httpd.shutdown()
