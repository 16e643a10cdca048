"""Many structures in one call: ranks, duplicates, failures, a lost engine."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import anyio
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from pymatgen.core import Lattice, Structure
from samples import rattled, rock_salt, store
from wire import PATIENCE, Session, until

from crystalyse_mace import calculate
from crystalyse_mace.engines import OutOfTime, Pool
from crystalyse_mace.potentials.base import OUT_OF_TIME, LoadedPotential, PotentialInfo


def cesium_chloride() -> Structure:
    """NaCl in the wrong type: higher in energy."""
    return Structure(Lattice.cubic(3.4), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def test_ranks_converged_members_and_merges_duplicates(mace: Session) -> None:
    a, b, c = store(rock_salt(5.5)), store(rock_salt(5.8)), store(cesium_chloride())
    bad = store(Structure(Lattice.cubic(9), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    told: list[str] = []
    out = mace.call("relax_structures", {"structure_ids": [c, a, bad, b]}, progress=told.append)
    items = {i["input_structure_id"]: i for i in out["items"]}
    assert (out["n_members"], out["n_converged"], out["n_failed"], out["n_duplicates"]) == (4, 3, 1, 1)
    first = out["items"][0]
    assert first["rank"] == 1 and first["structure_id"] == out["best_structure_id"] and first["space_group_symbol"] == "Fm-3m"
    assert (items[c]["rank"], items[bad]["rank"]) == (2, None)
    assert items[c]["energy_above_best"] > 0.05
    assert sorted(x is None for x in (items[a]["duplicate_of"], items[b]["duplicate_of"])) == [False, True]
    twin = items[a]["duplicate_of"] or items[b]["duplicate_of"]
    assert twin == out["best_structure_id"] and twin in {s["structure_id"] for s in out["structures"]}
    assert "came apart" in items[bad]["error"] and items[bad]["structure_id"] is None
    assert told[-1] == "relax NaCl done=4 members=4"
    assert any("member=1 members=4 step=" in t for t in told)


def test_unconverged_members_are_not_ranked(mace: Session) -> None:
    out = mace.call("relax_structures", {"structure_ids": [store(rattled(5))], "max_steps": 2})
    assert out["best_structure_id"] is None
    assert out["items"][0]["rank"] is None and not out["items"][0]["converged"]


def test_the_best_are_relaxed_again(mace: Session) -> None:
    ids = [store(rock_salt(5.5)), store(cesium_chloride())]
    out = mace.call("relax_structures", {"structure_ids": ids, "fmax": 0.3, "keep_best": 1})
    assert [i["stage"] for i in out["items"]] == ["full", "coarse"]
    assert [i["rank"] for i in out["items"]] == [1, None], "tight energies are not ranked against loose ones"
    assert out["items"][0]["max_force"] <= 0.03
    assert out["n_fully_relaxed"] == 1


def test_compositions_are_ranked_apart(mace: Session) -> None:
    ids = [store(rock_salt(5.6)), store(rock_salt(4.2, "Mg", "O")), store(cesium_chloride())]
    screened = mace.call("prescreen_structures", {"structure_ids": ids})
    assert {i["structure_id"]: i["rank"] for i in screened["items"]} == {ids[0]: 1, ids[1]: 1, ids[2]: 2}
    assert len(mace.call("prescreen_structures", {"structure_ids": ids, "keep": 1})["items"]) == 2
    out = mace.call("relax_structures", {"structure_ids": ids})
    assert {i["input_structure_id"]: i["rank"] for i in out["items"]} == {ids[0]: 1, ids[1]: 1, ids[2]: 2}
    assert out["best_structure_id"] is None
    second = next(i for i in out["items"] if i["input_structure_id"] == ids[2])
    first = next(i for i in out["items"] if i["input_structure_id"] == ids[0])
    assert second["expression"] == "E/atom - E(best)/atom"
    assert second["inputs"] == [second["structure_id"], first["structure_id"]]
    assert second["energy_above_best"] == pytest.approx(second["energy_per_atom"] - first["energy_per_atom"]) and second["energy_above_best"] > 0


def test_member_survives_its_engine(mace: Session, tmp_path: Path) -> None:
    sid = store(rattled(6))
    call = mace.start("relax_structures", {"structure_ids": [sid, store(rock_salt(5.6))], "fmax": 0.003},
                      {"idempotency_key": "batch", "checkpoint_dir": str(tmp_path)})
    key = f"batch/coarse/{sid}"
    until(lambda: mace.log(key=key, event="checkpoint"), "a checkpoint of the member")
    os.kill(mace.log(key=key, event="checkpoint")[0]["pid"], signal.SIGKILL)
    out = call.result(PATIENCE)
    assert out["n_failed"] == 0 and out["n_converged"] == 2
    assert out["resumed_from_step"] >= 5
    assert len(mace.log(key=key, event="success")) == 1


def test_finished_members_are_not_computed_again(mace: Session, tmp_path: Path) -> None:
    quick, slow = store(rock_salt(5.52)), store(rattled(7))
    args, meta = {"structure_ids": [quick, slow], "fmax": 0.005}, {"idempotency_key": "half", "checkpoint_dir": str(tmp_path)}
    call = mace.start("relax_structures", args, meta)
    until(lambda: mace.log(key=f"half/coarse/{quick}", event="success"), "the quick member")
    until(lambda: mace.log(key=f"half/coarse/{slow}", event="checkpoint"), "a checkpoint of the slow one")
    call.cancel()
    until(lambda: mace.log(key=f"half/coarse/{slow}", event="cancelled"), "the slow member's end")
    before = len(mace.log(key=f"half/coarse/{quick}", event="evaluation"))
    out = mace.call("relax_structures", args, meta)
    assert out["n_converged"] == 2
    assert out["resumed_from_step"] == mace.log(key=f"half/coarse/{slow}", event="cancelled")[0]["step"]
    assert len(mace.log(key=f"half/coarse/{quick}", event="evaluation")) == before


def test_deadline_ends_a_batch(mace: Session) -> None:
    for tool in ("relax_structures", "prescreen_structures", "calculate_formation_energy"):
        fault = mace.fault(tool, {"structure_ids": [store(rock_salt(5.53))]}, {"deadline": 1.0})
        assert fault["code"] == "resource" and "deadline" in fault["message"]


def test_what_the_time_does_not_allow_is_counted(mace: Session) -> None:
    ids = [store(rock_salt(a)) for a in (5.45, 5.55, 5.65, 5.75, 5.85)]
    out = mace.call("relax_structures", {"structure_ids": ids, "keep_best": 2}, meta={"answer_by": 1.0})
    assert out["n_members"] == len(out["items"]) >= 1 and out["n_cut"] == 5 - out["n_members"] > 0
    assert out["items"][0]["rank"] == 1, "what was done is ranked"


def test_a_relaxation_is_given_up_when_its_time_is_over(mace: Session, tmp_path: Path) -> None:
    cell = bulk("Cu", cubic=True)
    cell.rattle(0.1, seed=1)
    job = calculate.Job(store(calculate.structure_of(cell)), relax_cell=False, folder=tmp_path / "c", answer_by=1.0)
    info = PotentialInfo(key="emt", family="emt", name="EMT", version="1", energy_level="toy", available=True)
    pot = LoadedPotential(info, EMT(), "cpu", "0" * 64)
    with pytest.raises(calculate.Stopped) as stopped:
        calculate.relax(job, pot, lambda *_: None, threading.Event())
    assert stopped.value.why == OUT_OF_TIME
    job.answer_by = None
    assert calculate.relax(job, pot, lambda *_: None, threading.Event())["resumed_from_step"] is not None, "its checkpoint is kept"


def test_both_passes_keep_the_name_of_their_member(mace: Session) -> None:
    """The coarse structure between them is known to no host."""
    sid = store(rock_salt(5.3))
    told = {sid: {"origin": "input", "label": "mine", "space_group": None}}
    out = mace.call("relax_structures", {"structure_ids": [sid], "fmax": 0.3, "keep_best": 1}, meta={"records": told})
    assert out["n_fully_relaxed"] == 1 and out["items"][0]["label"] == "mine"
    assert [(s["origin"], s["label"], s["parent_id"]) for s in out["structures"]] == [("relaxed", "mine", sid)]


def test_the_best_stays_the_best_when_the_time_ends_before_it_is_refined(mace: Session) -> None:
    ids = [store(rock_salt(5.5)), store(cesium_chloride())]
    out = mace.call("relax_structures", {"structure_ids": ids, "fmax": 0.3, "keep_best": 2}, meta={"answer_by": 1.0})
    assert (out["n_fully_relaxed"], out["n_unrefined"]) == (0, 1)
    assert out["items"][0]["rank"] == 1 and out["items"][0]["stage"] == "coarse"


def test_who_waits_for_an_engine_is_told_when_its_time_is_over() -> None:
    async def scenario() -> None:
        pool = Pool(1)
        pool.slots.acquire_nowait()  # others work
        info = PotentialInfo(key="emt", family="emt", name="EMT", version="1", energy_level="toy", available=True)
        with pytest.raises(OutOfTime):
            await pool.run("relax", info, {"answer_by": 1.0})
        assert not pool.busy and pool.slots.value == 0, "no engine was started, and no place is lost"

    anyio.run(scenario)
