"""An answer is kept before it is said: whatever happens between, no attempt computes it again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from crystalyse_common.answers import Answers
from crystalyse_common.callmeta import CallMeta
from crystalyse_common.errors import ToolFault
from mcp import Client, StdioServerParameters

HERE = Path(__file__).parent


def account(state: Path) -> list[str]:
    """What the tools' own account says, event by event."""
    log = state / "tool.log"
    return [json.loads(line)["event"] for line in log.read_text().splitlines()] if log.exists() else []


def draw(state: Path, args: dict[str, Any] | None = None, env: dict[str, str] | None = None, **meta: Any) -> dict[str, Any]:
    """Ask a new process of the server for a number; it may die."""
    async def ask() -> dict[str, Any]:
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(p for p in [str(HERE.parent), os.environ.get("PYTHONPATH", "")] if p),
               "CRYSTALYSE_TOOL_LOG": str(state / "tool.log"), "CRYSTALYSE_ARTIFACTS": str(state / "artifacts")}
        params = StdioServerParameters(command=sys.executable, args=[str(HERE / "one_tool.py")], env=own | (env or {}))
        async with Client(params) as client:
            sent = {"crystalyse/idempotency_key": "k", "crystalyse/checkpoint_dir": str(state / "call"), "crystalyse/fence": 1}
            out = await client.call_tool("draw", args or {}, meta=sent | {f"crystalyse/{k}": v for k, v in meta.items()})  # type: ignore[arg-type]
            return out.structured_content or {}

    return asyncio.run(asyncio.wait_for(ask(), 300))


def test_killed_between_keeping_and_saying(tmp_path: Path) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - however the client words a lost connection
        draw(tmp_path, env={"DIE_ONCE": str(tmp_path / "died")})
    assert (tmp_path / "died").exists(), "it died after it had kept the answer"
    assert account(tmp_path) == ["success", "answer"]
    again = draw(tmp_path, fence=2)
    assert account(tmp_path) == ["success", "answer", "answered_again"]
    assert draw(tmp_path, fence=2) == again, "the same attempt may ask twice"


def test_what_is_no_answer_is_not_kept(tmp_path: Path) -> None:
    assert draw(tmp_path, {"refuse": True})["error"]["code"] == "not_converged"
    assert draw(tmp_path, {"refuse": "perhaps"}, fence=2)["error"]["code"] == "invalid_input"
    assert draw(tmp_path, {"refuse": True})["error"]["code"] == "stale_fence"
    assert account(tmp_path) == []
    assert not (tmp_path / "call" / "answer.json").exists()


def attempt(folder: Path, fence: int) -> Answers:
    """One attempt of a call, at the server's side."""
    found = Answers.of(CallMeta(key="k", computation="print", checkpoint_dir=folder, fence=fence), "1", "draw", {"n": 1})
    assert found is not None
    return found


def number(n: int) -> dict[str, Any]:
    return {"structuredContent": {"number": n}}


def test_of_two_attempts_at_work_one_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYSTALYSE_TOOL_LOG", str(tmp_path / "tool.log"))
    frozen, newer, twin = attempt(tmp_path, 1), attempt(tmp_path, 2), attempt(tmp_path, 2)
    assert [frozen.claim(), newer.claim(), twin.claim()] == [None] * 3
    with pytest.raises(ToolFault, match="newer attempt"):
        frozen.keep(number(1))
    assert newer.keep(number(2)) == number(2)
    assert twin.keep(number(3)) == number(2), "the sooner one has answered"
    assert attempt(tmp_path, 3).claim() == number(2)
    with pytest.raises(ToolFault, match="newer attempt"):
        newer.claim()
    assert account(tmp_path) == ["answer", "answered_again", "answered_again"]


def test_many_at_once_have_one_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYSTALYSE_TOOL_LOG", str(tmp_path / "tool.log"))
    ready = threading.Barrier(8)

    def one(n: int) -> dict[str, Any]:
        mine = attempt(tmp_path, 1)
        assert mine.claim() is None
        ready.wait(60)
        return mine.keep(number(n))

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(one, range(8)))
    assert all(s == said[0] for s in said)
    assert account(tmp_path).count("answer") == 1


@pytest.mark.parametrize(("computation", "version", "tool", "arguments"), [
    ("print", "1", "draw", {"n": 2}), ("print", "1", "paint", {"n": 1}), ("print", "2", "draw", {"n": 1}), ("other model files", "1", "draw", {"n": 1})])
def test_an_answer_to_something_else_is_not_given(tmp_path: Path, computation: str, version: str, tool: str, arguments: dict[str, Any]) -> None:
    attempt(tmp_path, 1).keep(number(1))
    meta = CallMeta(computation=computation, checkpoint_dir=tmp_path, fence=1)
    other = Answers.of(meta, version, tool, arguments)
    assert other is not None
    assert other.claim() is None
    assert attempt(tmp_path, 1).claim() == number(1)


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"signature":"x"}', '{"answer":{}}'])
def test_a_damaged_answer_is_found_anew(tmp_path: Path, damaged: str) -> None:
    attempt(tmp_path, 1).keep(number(1))
    (tmp_path / "answer.json").write_text(damaged)
    assert attempt(tmp_path, 2).claim() is None


def test_an_answer_whose_structure_is_gone_is_found_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRYSTALYSE_ARTIFACTS", str(tmp_path / "artifacts"))
    there = tmp_path / "artifacts" / "structures" / "st_1.json"
    there.parent.mkdir(parents=True)
    there.touch()
    answer = {"structuredContent": {"structures": [{"structure_id": "st_1"}]}}
    attempt(tmp_path, 1).keep(answer)
    assert attempt(tmp_path, 2).claim() == answer
    there.unlink()
    assert attempt(tmp_path, 2).claim() is None


def test_without_a_folder_nothing_is_kept() -> None:
    assert Answers.of(CallMeta(), "1", "draw", {}) is None
