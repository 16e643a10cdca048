"""The MCP server class of all CrystaLyse servers: typed errors for bad arguments too."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from . import stdio
from .answers import Answers
from .callmeta import CallMeta, call_meta
from .errors import ToolFault, error_result
from .structures import told
from .trace import log_to_stderr

LONG = {"crystalyse/long": True}


class Server(MCPServer):
    """An MCPServer that names the wrong argument in a typed error.

    `aliases` are names that other projects' clients use for the same tool, and
    `renamed` their names of arguments: tool -> {theirs: ours}. A single value
    stands for a list of one where ours is a list (written "ours[]").
    """

    aliases: ClassVar[dict[str, str]] = {}
    renamed: ClassVar[dict[str, dict[str, str]]] = {}

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """Run a tool, also by an older name; what an earlier attempt of the call has answered is given again."""
        from mcp_types import CallToolResult

        name = self.aliases.get(name, name)
        arguments = self.modern(name, arguments)
        answers = Answers.of(_meta(context), str(self.version or ""), name, arguments)
        if answers is None:
            return await self._run(name, arguments, context)
        try:
            if (known := await anyio.to_thread.run_sync(answers.claim)) is not None:
                return CallToolResult.model_validate(known)
            out = await self._run(name, arguments, context)
            if not isinstance(out, CallToolResult) or out.is_error:
                return out
            said = await anyio.to_thread.run_sync(answers.keep, out.model_dump(mode="json", by_alias=True, exclude_none=True))
            return CallToolResult.model_validate(said)
        except ToolFault as fault:
            return error_result(fault)

    async def _run(self, name: str, arguments: dict[str, Any], context: Any) -> Any:
        """Run a tool; a rejected argument becomes invalid_input with its field."""
        try:
            with told(_meta(context).records):
                return await super().call_tool(name, arguments, context)
        except ToolError as exc:
            cause = exc.__cause__
            if not isinstance(cause, ValidationError):
                raise
            first = cause.errors()[0]
            field = ".".join(str(p) for p in first["loc"])
            return error_result(ToolFault("invalid_input", str(first["msg"]), field or None,
                                          ["check the tool's schema and send the call again"]))

    def modern(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Arguments under today's names; ours win where both are given."""
        out = dict(arguments)
        for old, new in self.renamed.get(tool, {}).items():
            if old not in out:
                continue
            value, name = out.pop(old), new.removesuffix("[]")
            if new.endswith("[]") and not isinstance(value, list):
                value = [value]
            out.setdefault(name, value)
        return out


def _meta(context: Any) -> CallMeta:
    """What the host sent with a call; a call from within this process has nothing."""
    try:
        return call_meta(context)
    except (AttributeError, ValueError):
        return CallMeta()


def serve(server: MCPServer) -> None:
    """Run over stdio until standard input closes."""
    log_to_stderr(os.environ.get("CRYSTALYSE_LOG_LEVEL", "WARNING"))
    stdio.release()
    server.run("stdio")
