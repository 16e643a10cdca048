from __future__ import annotations

import ast
import json
import logging
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from pymatgen.core import Lattice as Cell
from pymatgen.core import Structure

from crystalyse_common import toollog
from crystalyse_common.callmeta import call_meta
from crystalyse_common.errors import ToolFault
from crystalyse_common.files import write_atomic
from crystalyse_common.models import Lattice
from crystalyse_common.structures import learn, load_record, load_structure, put_structure, structure_id, told
from crystalyse_common.trace import TraceFilter


def two_atoms(x: float = 0.5) -> Structure:
    return Structure(Cell.cubic(4.0), ["Mg", "O"], [[0, 0, 0], [x, 0.5, 0.5]])


@settings(max_examples=100, deadline=None)
@given(st.integers(100_000, 900_000), st.floats(-4e-8, 4e-8), st.integers(-3, 3))
def test_id_ignores_noise_and_cell_shifts(millionths, noise, cells):
    x = millionths / 1e6
    assert structure_id(two_atoms(x)) == structure_id(two_atoms(x + noise + cells))


def test_id_sees_species_order_and_coordinates():
    ids = {structure_id(two_atoms()), structure_id(two_atoms(0.51)), structure_id(Structure(Cell.cubic(4.0), ["O", "Mg"], [[0, 0, 0], [0.5, 0.5, 0.5]])),
           structure_id(Structure(Cell.cubic(4.1), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]))}
    assert len(ids) == 4


def test_store_round_trip(tmp_path, monkeypatch):
    monkeypatch.setenv("CRYSTALYSE_ARTIFACTS", str(tmp_path))
    ref = put_structure(two_atoms(), origin="input", created_by="test")
    assert structure_id(load_structure(ref.structure_id)) == ref.structure_id
    assert (ref.formula, ref.n_atoms, ref.n_formula_units) == ("MgO", 2, 1)
    (tmp_path / "structures" / f"{ref.structure_id}.json").write_text("{ trunc")
    with pytest.raises(ToolFault, match="damaged"):
        load_structure(ref.structure_id)


def test_a_host_tells_where_structures_come_from(tmp_path, monkeypatch):
    monkeypatch.setenv("CRYSTALYSE_ARTIFACTS", str(tmp_path))
    sid = put_structure(two_atoms(), origin="prototype", created_by="generate", parent_id="st_x", label="of the first").structure_id
    other = put_structure(two_atoms(0.51), origin="prototype", created_by="generate", label="of the first").structure_id
    with told({sid: {"origin": "relaxed", "label": "its own", "space_group": None}}):
        record = load_record(sid)
        assert (record["origin"], record["label"], record["parent_id"], record["created_by"]) == ("relaxed", "its own", None, "")
        assert (load_record(other)["origin"], load_record(other)["label"]) == ("", None), "what the host does not know is nobody's"
        put_structure(two_atoms(0.51), origin="reference", created_by="search", label="made in this call")
        put_structure(two_atoms(), origin="reference", created_by="search", label="made again")
        assert (load_record(other)["label"], load_record(sid)["label"]) == ("made in this call", "its own")
        learn([{"structure_id": "st_" + "0" * 26, "origin": "relaxed", "label": "of an engine"}, {"structure_id": sid, "label": "too late"}])
        assert load_record(sid)["label"] == "its own"
        assert load_record(sid)["cif"] and load_record(sid)["species"] == ["Mg", "O"]
    assert (load_record(sid)["label"], load_record(other)["label"]) == ("of the first", "of the first"), "a plain client has the file"


def test_a_write_that_fails_leaves_nothing(tmp_path):
    target = tmp_path / "file"
    target.mkdir()
    with pytest.raises(ToolFault) as caught:
        write_atomic(target, b"x")
    assert caught.value.code == "resource"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="finite"):
        Lattice(a=float("nan"), b=1, c=1, alpha=90, beta=90, gamma=90, volume=1)


def test_call_meta_ignores_what_is_malformed():
    def ctx(meta):
        return SimpleNamespace(request_context=SimpleNamespace(meta=meta))

    assert call_meta(ctx(None)).checkpoint_dir is None
    bad = call_meta(ctx({"crystalyse/idempotency_key": 3, "crystalyse/checkpoint_dir": "relative", "crystalyse/fence": "x", "crystalyse/deadline": -1}))
    assert (bad.key, bad.checkpoint_dir, bad.fence, bad.deadline) == ("", None, 0, None)
    assert bad.records is None and call_meta(ctx({"crystalyse/records": {"a": {"label": "x"}, "b": 1}})).records == {"a": {"label": "x"}}
    good = call_meta(ctx({"crystalyse/idempotency_key": "k", "crystalyse/checkpoint_dir": "/x", "crystalyse/fence": 3, "crystalyse/deadline": 1.5}))
    assert (good.key, str(good.checkpoint_dir), good.fence, good.deadline) == ("k", "/x", 3, 1.5)


def test_tool_log_is_one_line_a_write(tmp_path, monkeypatch):
    monkeypatch.setenv("CRYSTALYSE_TOOL_LOG", str(tmp_path / "log"))
    for i in range(3):
        toollog.write("evaluation", "relax", "key", step=i)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 1, 2]
    assert {line["pid"] for line in lines} == {os.getpid()}


def test_log_and_account_name_the_trace_of_the_call(tmp_path, monkeypatch):
    monkeypatch.setenv("CRYSTALYSE_TOOL_LOG", str(tmp_path / "log"))
    at = SpanContext(trace_id=0xABC, span_id=1, is_remote=True, trace_flags=TraceFlags(1))
    record = logging.LogRecord("crystalyse", logging.WARNING, "f", 1, "slow", None, None)
    with use_span(NonRecordingSpan(at)):
        toollog.write("start", "relax")
        assert TraceFilter().filter(record)
    assert record.trace == f" trace_id={0xABC:032x}"
    toollog.write("start", "relax")
    assert TraceFilter().filter(record)
    assert record.trace == ""
    inside, outside = (json.loads(line) for line in (tmp_path / "log").read_text().splitlines())
    assert inside["trace"] == f"{0xABC:032x}"
    assert "trace" not in outside


def test_unknown_codes_are_a_bug():
    with pytest.raises(ValueError, match="unknown error code"):
        ToolFault("oops", "x")


def refusals(source: str) -> list[ast.Call]:
    """The faults that a source file raises for what it was given."""
    calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "ToolFault"]
    codes = {"invalid_input", "not_found", "unsupported", "not_converged"}
    return [c for c in calls if c.args and isinstance(c.args[0], ast.Constant) and c.args[0].value in codes]


def test_every_refusal_of_an_input_tells_a_way_on():
    mute = []
    for path in sorted(Path(__file__).parents[2].glob("*/crystalyse_*/**/*.py")):
        for call in refusals(path.read_text()):
            if len(call.args) < 4 and all(k.arg != "suggestions" for k in call.keywords):
                mute.append(f"{path.name}:{call.lineno}")
    assert mute == []
