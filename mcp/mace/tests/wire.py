"""A server under test: the real process, spoken to by the official MCP client over stdio."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from mcp import Client, StdioServerParameters

MCP = Path(__file__).parents[2]
PATIENCE = 300.0  # seconds until a wait is given up: machines may be slow, and what hangs hangs for good


def params(server: str, state: Path, **env: str) -> StdioServerParameters:
    """How the host starts a server: its allow-listed environment and nothing else."""
    allowed = {k: os.environ[k] for k in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR") if k in os.environ}
    threads = {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL")}
    paths = [MCP / "common", MCP / server] + ([MCP / "references"] if server in ("mace", "structure", "references") else [])
    own = {"CRYSTALYSE_ARTIFACTS": str(state / "artifacts"), "CRYSTALYSE_TOOL_LOG": str(state / "tool.log"),
           "PYTHONPATH": ":".join(map(str, paths)), "PYTHONUNBUFFERED": "1"}
    return StdioServerParameters(command=sys.executable, args=["-m", f"crystalyse_{server}"], env=allowed | threads | own | env)


class Session:
    """One running server."""

    def __init__(self, portal: BlockingPortal, client: Client, state: Path, notes: list[Any]):
        """Wrap a connected client for synchronous tests."""
        self.portal, self.client, self.state, self.notes = portal, client, state, notes

    def frames(self) -> list[dict[str, Any]]:
        """The frames of structures that came with progress so far."""
        metas = [n.params.meta for n in self.notes if n.method == "notifications/progress"]
        return [m["crystalyse/frame"] for m in metas if m and "crystalyse/frame" in m]

    def start(self, tool: str, args: dict[str, Any], meta: dict[str, Any] | None = None,
              progress: Callable[[str], None] | None = None) -> Future[dict[str, Any]]:
        """Begin a call; cancelling the future cancels it as a host would."""
        async def run() -> dict[str, Any]:
            async def relay(_: float, __: float | None, message: str | None) -> None:
                if progress is not None:
                    progress(message or "")

            extra = {f"crystalyse/{k}": v for k, v in (meta or {}).items()}
            out = await self.client.call_tool(tool, args, progress_callback=relay, meta=extra)  # type: ignore[arg-type]
            return out.structured_content or {"text": [getattr(c, "text", "") for c in out.content]}

        return self.portal.start_task_soon(run)

    def call(self, tool: str, args: dict[str, Any], meta: dict[str, Any] | None = None,
             progress: Callable[[str], None] | None = None) -> dict[str, Any]:
        """Call a tool and give its structured content."""
        return self.start(tool, args, meta, progress).result(PATIENCE)

    def fault(self, tool: str, args: dict[str, Any], meta: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call a tool that must refuse, and give the typed error."""
        out = self.call(tool, args, meta)
        assert "error" in out, out
        return out["error"]

    def tools(self) -> list[dict[str, Any]]:
        """The tools as they come over the wire."""
        listed = self.portal.call(self.client.list_tools)
        return [t.model_dump(by_alias=True, exclude_none=True) for t in listed.tools]

    def log(self, **match: Any) -> list[dict[str, Any]]:
        """Lines of the tool log that have these values."""
        return log(self.state, **match)


_logs: dict[Path, tuple[int, list[dict[str, Any]]]] = {}  # how far a log was read, and its lines so far: it only grows


def log(state: Path, **match: Any) -> list[dict[str, Any]]:
    """Whole lines of a tool log that have these values."""
    path = state / "tool.log"
    at, lines = _logs.setdefault(path, (0, []))
    try:
        with path.open("rb") as f:
            f.seek(at)
            new = f.read()
    except FileNotFoundError:
        return []
    whole = new[:new.rfind(b"\n") + 1]
    lines += [json.loads(x) for x in whole.splitlines()]
    _logs[path] = (at + len(whole), lines)
    return [x for x in lines if all(x.get(k) == v for k, v in match.items())]


@contextmanager
def serve(server: str, state: Path, **env: str) -> Iterator[Session]:
    """Run a server for the block."""
    notes: list[Any] = []

    async def note(message: Any) -> None:
        if hasattr(message, "method"):
            notes.append(message)

    client = Client(params(server, state, **env), message_handler=note)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client) as connected:
        yield Session(portal, connected, state, notes)


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for a condition; its truthy value."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited in vain: {what}")


def gone(pid: int) -> bool:
    """Whether no process has this id, or only a dead one nobody has collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def kill_group(pid: int) -> None:
    """kill -9 of a process's whole group, as a host does."""
    os.killpg(os.getpgid(pid), signal.SIGKILL)
