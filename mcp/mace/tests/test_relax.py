"""One relaxation: numbers, progress, trajectory, and what a repeated or cut call does."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from samples import rattled, rock_salt, store
from wire import PATIENCE, Session, gone, until

from crystalyse_common.fence import Fence
from crystalyse_common.structures import load_structure


def test_relaxes_atoms_and_cell(mace: Session) -> None:
    start, told = store(rock_salt(5.3)), []
    out = mace.call("relax_structure", {"structure_id": start}, progress=told.append)
    ref, final = out["structures"][0], load_structure(out["structure_id"])
    assert out["converged"] and out["max_force"] <= out["fmax"] == 0.03
    assert 5.56 < (final.volume * 4) ** (1 / 3) < 5.725
    assert out["energy_per_atom"] < out["initial_energy_per_atom"]
    assert out["volume_change_percent"] == pytest.approx(100 * (final.volume / load_structure(start).volume - 1))
    assert (ref["origin"], ref["parent_id"]) == ("relaxed", start)
    assert ref["space_group"] == {"symbol": "Fm-3m", "number": 225, "symprec": 0.1}
    assert out["resumed_from_step"] is None
    pairs = dict(p.split("=") for p in told[0].split()[2:])
    assert told[0].startswith("relax NaCl step=")
    assert {k: float(v) for k, v in pairs.items()}.keys() == {"step", "fmax", "energy"}


def test_fixed_cell_stays(mace: Session) -> None:
    start = store(rock_salt(5.3))
    out = mace.call("relax_structure", {"structure_id": start, "relax_cell": False})
    assert out["volume_change_percent"] == pytest.approx(0, abs=1e-6)


def test_too_few_steps_are_not_convergence(mace: Session) -> None:
    out = mace.call("relax_structure", {"structure_id": store(rattled()), "max_steps": 2})
    assert not out["converged"] and out["steps"] == 2


def test_trajectory_is_compact_and_ends_at_the_result(mace: Session) -> None:
    out = mace.call("relax_structure", {"structure_id": store(rattled(3)), "fmax": 0.002})
    path = out["artifacts"][0]["path"]
    body = json.loads((mace.state / "artifacts" / path).read_text())
    n = len(body["steps"])
    assert out["steps"] >= 200, "so many that frames must be left out"
    assert (body["steps"][0], body["steps"][-1]) == (0, out["steps"])
    assert n == len(body["lattices"]) == len(body["positions"]) == len(body["energies"]) == len(body["fmax"]) <= 200
    assert body["energies"][-1] == out["total_energy"]
    assert len(body["positions"][0]) == 3 * out["n_atoms"]
    assert all(isinstance(x, int) for x in body["positions"][0])


def test_what_does_not_move_keeps_the_path_it_came_by(mace: Session) -> None:
    """A second pass over a cell that is relaxed already adds no way to it."""
    first = mace.call("relax_structure", {"structure_id": store(rock_salt(5.64)), "fmax": 0.03}, {"idempotency_key": "came"})
    path = mace.state / "artifacts" / first["artifacts"][0]["path"]
    came = path.read_text()
    again = mace.call("relax_structure", {"structure_id": first["structure_id"], "fmax": 0.05}, {"idempotency_key": "stays"})
    assert (again["structure_id"], again["steps"]) == (first["structure_id"], 0)
    assert len(json.loads(came)["steps"]) > 1
    assert path.read_text() == came


def test_every_evaluation_is_logged_with_key_and_step(mace: Session) -> None:
    out = mace.call("relax_structure", {"structure_id": store(rock_salt(5.4))}, {"idempotency_key": "counted"})
    steps = [x["step"] for x in mace.log(key="counted", event="evaluation")]
    assert steps == list(range(out["steps"] + 1))


def test_repeated_call_computes_nothing(mace: Session, tmp_path: Path) -> None:
    args, meta = {"structure_id": store(rock_salt(5.45))}, {"idempotency_key": "again", "checkpoint_dir": str(tmp_path / "c")}
    first = mace.call("relax_structure", args, meta)
    count = len(mace.log(key="again", event="evaluation"))
    assert mace.call("relax_structure", args, meta) == first
    assert len(mace.log(key="again", event="evaluation")) == count
    assert len(mace.log(key="again", event="success")) == 1


def test_checkpoints_of_another_computation_are_not_used(mace: Session, tmp_path: Path) -> None:
    meta = {"checkpoint_dir": str(tmp_path / "c")}
    mace.call("relax_structure", {"structure_id": store(rock_salt(5.45))}, meta)
    out = mace.call("relax_structure", {"structure_id": store(rock_salt(4.3, "Mg", "O"))}, meta)
    assert (out["formula"], out["resumed_from_step"]) == ("MgO", None)


def _cut(mace: Session, folder: Path, key: str, steps: int, **meta: Any) -> dict[str, Any]:
    """Start a long relaxation and cancel it after some steps; its arguments and meta."""
    call: dict[str, Any] = {"args": {"structure_id": store(rattled()), "fmax": 0.005}, "meta": {"idempotency_key": key, "checkpoint_dir": str(folder), **meta}}
    future = mace.start("relax_structure", **call)
    until(lambda: any(x["step"] >= steps for x in mace.log(key=key, event="evaluation")), f"{steps} steps")
    future.cancel()
    until(lambda: mace.log(key=key, event="cancelled"), "the engine's note of the cancellation")
    return call


def test_cancellation_saves_and_stops_the_evaluations(mace: Session, tmp_path: Path) -> None:
    call = _cut(mace, tmp_path, "cut", 12)
    stopped = mace.log(key="cut", event="cancelled")[0]["step"]
    # The engine is free again for others, and has not gone on with this one meanwhile.
    mace.call("relax_structure", {"structure_id": store(rock_salt(5.5))})
    assert max(x["step"] for x in mace.log(key="cut", event="evaluation")) == stopped
    out = mace.call("relax_structure", **call)
    assert out["resumed_from_step"] == stopped
    assert len(mace.log(key="cut", event="evaluation")) == out["steps"] + 2, "only the step it went on from is evaluated twice"


def test_truncated_checkpoint_falls_back_to_its_predecessor(mace: Session, tmp_path: Path) -> None:
    call = _cut(mace, tmp_path, "torn", 12)
    saved = [x["step"] for x in mace.log(key="torn", event="checkpoint")]
    newest = tmp_path / "state.npz"
    newest.write_bytes(newest.read_bytes()[:300])
    out = mace.call("relax_structure", **call)
    assert out["converged"] and out["resumed_from_step"] == saved[-2]


def test_deadline_keeps_a_checkpoint(mace: Session, tmp_path: Path) -> None:
    args = {"structure_id": store(rattled(1)), "fmax": 0.005}
    meta = {"idempotency_key": "late", "checkpoint_dir": str(tmp_path)}
    fault = mace.fault("relax_structure", args, meta | {"deadline": 1.0})
    assert fault["code"] == "resource" and "deadline" in fault["message"]
    assert (tmp_path / "state.npz").exists()
    assert mace.call("relax_structure", args, meta)["converged"]


def test_a_relaxation_whose_time_is_spent_answers_with_how_far_it_came(mace: Session, tmp_path: Path) -> None:
    args = {"structure_id": store(rattled(5)), "fmax": 0.005}
    meta = {"idempotency_key": "short", "checkpoint_dir": str(tmp_path)}
    out = mace.call("relax_structure", args, meta | {"answer_by": 1.0})
    assert (out["cut_short"], out["converged"], out["structure_id"]) == (True, False, out["structures"][0]["structure_id"])
    assert out["max_force"] > out["fmax"]
    assert mace.call("relax_structure", args, meta) == out, "what was said is said again"
    (tmp_path / "answer.json").unlink()
    whole = mace.call("relax_structure", args, meta)
    assert whole["converged"] and not whole["cut_short"]
    assert whole["resumed_from_step"] == out["steps"], "had it not been said, it would go on from there"


def test_stale_attempt_writes_nothing(mace: Session, tmp_path: Path) -> None:
    args = {"structure_id": store(rattled(2)), "fmax": 0.005}
    meta = {"idempotency_key": "old", "checkpoint_dir": str(tmp_path)}
    old = mace.start("relax_structure", args, meta | {"fence": 1})
    until(lambda: (tmp_path / "state.npz").exists(), "the first checkpoint")
    newer = Fence(tmp_path, 2)
    with newer.held():  # as a newer attempt takes it: between two saves, never within one
        newer.claim()
        before = (tmp_path / "state.npz").read_bytes()
    assert old.result(PATIENCE)["error"]["code"] == "stale_fence"
    assert mace.fault("relax_structure", args, meta | {"fence": 1})["code"] == "stale_fence"
    assert (tmp_path / "state.npz").read_bytes() == before
    assert not (tmp_path / "result.json").exists()
    assert mace.log(key="old", event="success") == []
    assert mace.call("relax_structure", args, meta | {"fence": 2})["converged"]


def test_killed_engine_is_a_typed_error_and_is_replaced(mace: Session, tmp_path: Path) -> None:
    args, meta = {"structure_id": store(rattled(4)), "fmax": 0.005}, {"idempotency_key": "shot", "checkpoint_dir": str(tmp_path)}
    call = mace.start("relax_structure", args, meta)
    until(lambda: mace.log(key="shot", event="checkpoint"), "a checkpoint")
    engine = mace.log(key="shot", event="checkpoint")[0]["pid"]
    os.kill(engine, signal.SIGKILL)
    fault = call.result(PATIENCE)["error"]
    assert fault["code"] == "resource" and "signal 9" in fault["message"]
    assert gone(engine)
    out = mace.call("relax_structure", args, meta)
    assert out["converged"] and out["resumed_from_step"] >= 5
