"""The MCP server class of all CrystaLyse servers: typed errors for bad arguments too."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from . import stdio
from .errors import ToolFault, error_result
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
        """Run a tool, also by an older name; a rejected argument becomes invalid_input with its field."""
        name = self.aliases.get(name, name)
        arguments = self.modern(name, arguments)
        try:
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


def serve(server: MCPServer) -> None:
    """Run over stdio until standard input closes."""
    log_to_stderr(os.environ.get("CRYSTALYSE_LOG_LEVEL", "WARNING"))
    stdio.release()
    server.run("stdio")
