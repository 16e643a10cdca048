"""The real Chemeleon path: its own loader, with small random checkpoints that the test makes."""

from __future__ import annotations

import functools
import hashlib
import http.server
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from wire import PATIENCE, Session, params

from crystalyse_chemeleon.diffusion import checkpoint
from crystalyse_common.structures import load_structure


def tiny(task: str, path: Path) -> None:
    """A random checkpoint; the linear schedule keeps its cells within reason."""
    import pytorch_lightning as pl
    import torch
    from chemeleon_dng.script_util import create_diffusion_module

    torch.manual_seed(0)
    dm = create_diffusion_module(
        task=task, model_configs=dict(
            hidden_dim=32, time_dim=16, num_layers=2, max_atoms=103, act_fn="silu", dis_emb="sin", num_freqs=8, ln=True, ip=True, smooth=False, cond_dim=0,
            pred_atom_types=task == "dng"),
        optimizer_configs=dict(optimizer="adam", lr=1e-3, weight_decay=0.0, scheduler="constant", patience=1, early_stopping=1),
        num_timesteps=20, beta_schedule_ddpm="linear", beta_schedule_d3pm="cosine", max_atoms=103, d3pm_hybrid_coeff=0.01, sigma_begin=0.005, sigma_end=0.5)
    torch.save({"state_dict": dm.state_dict(), "hyper_parameters": dict(dm.hparams), "pytorch-lightning_version": pl.__version__, "epoch": 0, "global_step": 0}, path)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    tiny("csp", folder / "chemeleon_csp_tiny.ckpt")
    tiny("dng", folder / "chemeleon_dng_tiny.ckpt")
    return folder


def put(chemeleon: Session, name: str, body: bytes) -> Path:
    """A file of the server's models folder."""
    path = chemeleon.state / "models" / name
    path.write_bytes(body)
    return path


@pytest.fixture(scope="module")
def server(models: Path, chemeleon: Session) -> Iterator[Session]:
    """The one server, with checkpoints that came while it ran; without them again afterwards."""
    files = [put(chemeleon, f.name, f.read_bytes()) for f in models.iterdir()]
    yield chemeleon
    for f in files:
        f.unlink()


def test_csp_gives_the_requested_composition(server: Session, models: Path) -> None:
    args = {"formula": "NaCl", "method": "chemeleon", "num_samples": 4, "z_values": [1, 2], "seed": 3}
    out = server.call("generate_crystal_csp", args)
    assert out["n_chemeleon"] == out["n_kept"] == len(out["structures"]) == 4
    assert {load_structure(s["structure_id"]).composition.reduced_formula for s in out["structures"]} == {"NaCl"}
    assert {s["origin"] for s in out["structures"]} == {"chemeleon"} and set(out["z_values"]) <= {1, 2}
    assert out["model"]["checkpoint_sha256"] == hashlib.sha256((models / "chemeleon_csp_tiny.ckpt").read_bytes()).hexdigest()
    again = server.call("generate_crystal_csp", args)
    assert [s["structure_id"] for s in again["structures"]] == [s["structure_id"] for s in out["structures"]], "the same seed, the same structures"
    assert 5 < out["structures"][0]["volume_per_atom"] < 60, "rescaled to a sensible volume"


def test_auto_gives_it_a_share(server: Session) -> None:
    out = server.call("generate_crystal_csp", {"formula": "NaCl", "num_samples": 8})
    assert (out["n_prototype"], out["n_chemeleon"]) == (4, 2) and out["n_pyxtal"] == 2


def test_de_novo_chooses_compositions(server: Session) -> None:
    out = server.call("generate_de_novo", {"num_samples": 1, "max_atoms": 3})
    assert out["n_kept"] == 1 and out["formulas"] and out["model"]["name"] == "Chemeleon-DNG dng"
    assert out["n_tried"] == out["n_kept"] + sum(out["n_rejected"].values())
    for ref in out["structures"]:
        assert len(load_structure(ref["structure_id"])) == ref["n_atoms"] <= 3
    assert server.fault("generate_de_novo", {"elements": ["Xx"]})["field"] == "elements.0"


def test_generators_are_listed(server: Session) -> None:
    assert all(g["available"] for g in server.call("list_generators", {})["items"])


def test_wrong_checkpoints_are_named(server: Session, models: Path) -> None:
    csp = (models / "chemeleon_csp_tiny.ckpt").read_bytes()
    named = {"formula": "NaCl", "method": "chemeleon"}
    cut, swapped = put(server, "chemeleon_csp_x.ckpt", csp[:500]), put(server, "chemeleon_dng_x.ckpt", csp)
    note = cut.with_name(f"{cut.name}.sha256")
    try:
        damaged = server.fault("generate_crystal_csp", named)
        assert damaged["code"] == "unavailable" and "chemeleon_csp_x.ckpt" in damaged["message"]
        other = server.fault("generate_de_novo", {})
        assert other["code"] == "unavailable" and "not one of dng" in other["message"]
        note.write_text("0" * 64 + "  chemeleon_csp_x.ckpt\n")
        hashed = server.fault("generate_crystal_csp", named)
        assert hashed["code"] == "unavailable" and "has the hash" in hashed["message"]
        assert server.call("generate_crystal_csp", {"formula": "NaCl", "num_samples": 2, "method": "prototype"})["n_kept"] == 2, "the server lives"
    finally:
        for f in (cut, swapped, note):
            f.unlink(missing_ok=True)


def test_a_named_checkpoint_goes_before_the_folder(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = models / "chemeleon_csp_tiny.ckpt"
    monkeypatch.setenv("CRYSTALYSE_MODELS", str(models))
    assert checkpoint("dng") == models / "chemeleon_dng_tiny.ckpt"
    monkeypatch.setenv("CRYSTALYSE_CHEMELEON_DNG", str(named))
    assert checkpoint("dng") == named
    monkeypatch.setenv("CRYSTALYSE_CHEMELEON_DNG", str(models / "absent.ckpt"))
    assert checkpoint("dng") is None, "a named file that is not there is not replaced by another"


@pytest.fixture
def archive(models: Path, tmp_path: Path) -> Iterator[str]:
    """A local server of the published archive's form."""
    with tarfile.open(tmp_path / "ckpts.tar.gz", "w:gz") as tar:
        for f in models.glob("*.ckpt"):
            tar.add(f, arcname=f"../../ckpts/{f.name}")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()


def fetch(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = (params("chemeleon", folder).env or {}) | {"CRYSTALYSE_MODELS": str(folder)}
    return subprocess.run([sys.executable, "-m", "crystalyse_chemeleon.fetch", *args], env=env, capture_output=True, text=True, timeout=PATIENCE)


def test_fetch_takes_checkpoints_and_their_hashes(archive: str, models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    done = fetch(folder, "--url", f"{archive}/ckpts.tar.gz")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in folder.iterdir()) == sorted(n + s for n in ("chemeleon_csp_tiny.ckpt", "chemeleon_dng_tiny.ckpt") for s in ("", ".sha256"))
    assert (folder / "chemeleon_csp_tiny.ckpt").read_bytes() == (models / "chemeleon_csp_tiny.ckpt").read_bytes()


@pytest.mark.parametrize(("path", "more", "words"), [("/absent.tar.gz", [], "HTTP 404"), ("/ckpts.tar.gz", ["--sha256", "0" * 64], "came with the hash")])
def test_fetch_refuses_in_words(archive: str, tmp_path: Path, path: str, more: list[str], words: str) -> None:
    folder = tmp_path / "models"
    done = fetch(folder, "--url", archive + path, *more)
    assert done.returncode != 0 and words in done.stderr and "Traceback" not in done.stderr
    assert not list(folder.iterdir())
