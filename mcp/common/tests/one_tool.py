"""A server with one long tool that draws a number and accounts for it. The first time it can die in a test's moment."""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context
from pydantic import BaseModel

from crystalyse_common import answers, toollog
from crystalyse_common.callmeta import call_meta
from crystalyse_common.errors import ToolFault, typed_errors
from crystalyse_common.server import LONG, Server, serve

mcp = Server("one", version="1", log_level="WARNING")


class Drawn(BaseModel):
    """What the tool found."""

    number: int


@mcp.tool(meta=LONG)
@typed_errors
async def draw(ctx: Context, refuse: bool = False) -> Drawn:
    """Draw a number that nobody draws twice."""
    if refuse:
        raise ToolFault("not_converged", "no number")
    toollog.write("success", "draw", call_meta(ctx).key)
    return Drawn(number=secrets.randbelow(2**50))


def die_once() -> None:
    """Die between the keeping of an answer and its saying, the first time."""
    mark, keep = Path(os.environ["DIE_ONCE"]), answers.Answers.keep

    def keep_and_die(self: answers.Answers, answer: dict[str, Any]) -> dict[str, Any]:
        said = keep(self, answer)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return said

    answers.Answers.keep = keep_and_die  # type: ignore[method-assign]


if __name__ == "__main__":
    if "DIE_ONCE" in os.environ:
        die_once()
    serve(mcp)
