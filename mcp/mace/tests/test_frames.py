"""The frames of a running relaxation: what a host can draw, and what it is spared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from samples import rattled, rock_salt, store
from wire import Session

from crystalyse_common.structures import load_structure
from crystalyse_mace.engine import Worker
from crystalyse_mace.trajectory import MAX_LIVE_ATOMS


def _of(mace: Session, *ids: str) -> list[dict[str, Any]]:
    return [f for f in mace.frames() if f["structure_id"] in ids]


def test_a_relaxation_shows_its_atoms(mace: Session) -> None:
    start, told = store(rattled(11)), []
    out = mace.call("relax_structure", {"structure_id": start, "max_steps": 15}, progress=told.append)
    frames, s = _of(mace, start), load_structure(start)
    assert frames, "none was sent"
    first = frames[0]
    assert first["step"] == 0 and first["species"] == [x.specie.symbol for x in s]
    assert np.array(first["lattice"]) == pytest.approx(s.lattice.matrix, abs=1e-6)
    assert np.array(first["positions"]).reshape(-1, 3) * first["quantum"] == pytest.approx(s.cart_coords, abs=5.1e-4)
    assert first["energy_per_atom"] == pytest.approx(out["initial_energy_per_atom"], abs=1e-5)
    assert first["fmax"] > 0.1 and out["steps"] == 15
    steps = [f["step"] for f in frames]
    assert steps == sorted(set(steps)) and len(frames) <= len(told)
    assert all("positions" not in t for t in told), "the words of a report hold no coordinates"


def test_a_batch_names_whose_frame_it_is(mace: Session) -> None:
    a, b = store(rock_salt(5.35)), store(rattled(12))
    mace.call("relax_structures", {"structure_ids": [a, b], "max_steps": 4}, progress=lambda _: None)
    assert {(f["structure_id"], len(f["species"])) for f in _of(mace, a, b)} == {(a, 2), (b, len(load_structure(b)))}


def test_nothing_is_sent_to_a_client_that_did_not_ask(mace: Session) -> None:
    start = store(rattled(13))

    async def silent() -> Any:
        return await mace.client.call_tool("relax_structure", {"structure_id": start, "max_steps": 3})

    mace.portal.call(silent)
    assert _of(mace, start) == []


def test_large_cells_and_fast_steps_send_no_frames(monkeypatch: pytest.MonkeyPatch, mace: Session) -> None:
    from crystalyse_mace import calculate, engine

    assert MAX_LIVE_ATOMS == 200
    clock, sent = [100.0], []
    monkeypatch.setattr(engine.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(engine, "send", lambda _, m: sent.append(m["progress"]))

    def steps(job: calculate.Job, _pot: Any, report: calculate.Report, _stop: Any) -> dict[str, Any]:
        for n in range(100):
            clock[0] += 0.25
            report({"step": n, "fmax": 1.0, "energy": -1.0}, lambda: {"of": job.structure_id})
        report({"step": 100, "fmax": 1.0, "energy": -1.0}, None)
        return {}

    class Potential:
        def describe(self) -> dict[str, str]:
            return {}

    monkeypatch.setattr(calculate, "relax", steps)
    worker = Worker(None)
    worker.loaded["p"] = Potential()
    engine._stops["1"] = engine.threading.Event()
    worker.run({"op": "relax", "id": "1", "potential": "p", "job": {"structure_id": "st_1", "frame_every": 0.5}})
    engine._stops.pop("1")
    assert len(sent) == 100, "the last came at once after another"
    assert sum("frame" in p for p in sent) == 50, "25 seconds at two a second"
