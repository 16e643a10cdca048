"""reproduce.py repeats what the tools computed, outside the system: libraries only, no package of ours on the path.

`make test` runs it in an environment that has what the bundle's requirements.txt names
and nothing else; pytest by hand takes its own interpreter.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from samples import rock_salt, store
from wire import MCP, Session

from crystalyse_common.structures import load_record

SCRIPT = MCP.parent / "internal" / "report" / "reproduce" / "reproduce.py"


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    python = os.environ.get("CRYSTALYSE_BARE_PYTHON") or sys.executable
    return subprocess.run([python, "-I", str(folder / "reproduce.py"), *args], env=env, capture_output=True, text=True, timeout=300)


def test_numbers_come_out_again(mace: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    start = store(rock_salt(5.6))
    relaxed = mace.call("relax_structure", {"structure_id": start, "fmax": 0.03})
    sid = relaxed["structure_id"]
    hull = mace.call("calculate_energy_above_hull", {"structure_ids": [sid]})
    formed = mace.call("calculate_formation_energy", {"structure_ids": [sid]})["items"][0]
    competing = [c["structure_id"] for c in hull["items"][0]["hull"]["competing"]]
    potential, common = relaxed["potential"], {"key": "k", "formula": "NaCl", "structure_id": sid, "potential": relaxed["potential"]}
    assert potential["name"] == "CHGNet"
    calculations = [
        common | {"kind": "energy", "value": relaxed["energy_per_atom"]},
        common | {"kind": "relaxation", "value": relaxed["energy_per_atom"], "start_id": start, "fmax": 0.03, "steps": 500, "relax_cell": True},
        common | {"kind": "formation", "value": formed["formation_energy_per_atom"], "references": formed["inputs"][1:]},
        common | {"kind": "hull", "value": hull["items"][0]["energy_above_hull_per_atom"], "competing": competing}]
    records = {s: load_record(s) for s in {start, sid, *competing, *formed["inputs"]}}
    data = {"structures": {s: {k: r[k] for k in ("formula", "lattice", "species", "frac_coords")} for s, r in records.items()}, "calculations": calculations}
    (tmp_path / "data.json").write_text(json.dumps(data))
    shutil.copy(SCRIPT, tmp_path)
    done = run(tmp_path, "--relax")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 repeated, 0 different" in done.stdout
    calculations[0]["value"] += 0.001
    (tmp_path / "data.json").write_text(json.dumps(data | {"calculations": calculations[:1]}))
    monkeypatch.setattr(sys, "argv", ["reproduce.py"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(tmp_path / "reproduce.py"), run_name="__main__")
    assert ended.value.code == 1 and "DIFF k energy NaCl" in capsys.readouterr().out
