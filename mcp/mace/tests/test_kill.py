"""kill -9 in the middle of a long relaxation: of the server with its engines, and of the server alone."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from samples import rattled, store
from wire import Session, gone, kill_group, log, serve, until

INTERVAL = 5
ARGS = {"fmax": 0.002, "max_steps": 1000, "checkpoint_interval": INTERVAL}


def test_killed_three_times_it_takes_the_same_path(mace: Session, tmp_path: Path) -> None:
    args = ARGS | {"structure_id": store(rattled())}
    whole = mace.call("relax_structure", args, {"idempotency_key": "whole"})
    n = len(mace.log(key="whole", event="evaluation"))
    assert whole["converged"] and whole["steps"] >= 200, "long enough to be cut three times"
    meta = {"idempotency_key": "killed", "checkpoint_dir": str(tmp_path / "checkpoints")}
    for attempt in range(3):
        until_step = whole["steps"] * (attempt + 1) // 8  # far from the end: who watches may be late on a busy machine
        _killed_at(mace.state, args, meta | {"fence": attempt}, until_step, alone=attempt == 1)
    with serve("mace", mace.state, CRYSTALYSE_ENGINES="1") as last:
        out = last.call("relax_structure", args, meta | {"fence": 3})
    assert out["resumed_from_step"] >= whole["steps"] * 3 // 8 - INTERVAL
    assert abs(out["total_energy"] - whole["total_energy"]) < 1e-4
    assert out["structure_id"] == whole["structure_id"], "the same path to the last bit"
    assert len(log(mace.state, key="killed", event="evaluation")) <= n + 3 * (INTERVAL + 1)
    assert len(log(mace.state, key="killed", event="success")) == 1


def _killed_at(state: Path, args: dict, meta: dict, step: int, alone: bool) -> None:
    """Run a relaxation until a step, then kill -9 the server, alone or with its group; its engine ends either way."""
    with serve("mace", state, CRYSTALYSE_ENGINES="1") as session:
        session.start("relax_structure", args, meta)
        key = meta["idempotency_key"]
        line = until(lambda: next((x for x in log(state, key=key, event="evaluation") if x["step"] >= step), None), f"step {step}")
        if alone:
            os.kill(os.getpgid(line["pid"]), signal.SIGKILL)  # the group's leader is the server
        else:
            kill_group(line["pid"])
        until(lambda: gone(line["pid"]), "the engine's end")
