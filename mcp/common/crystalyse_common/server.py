"""The MCP server class of all CrystaLyse servers: typed errors for bad arguments too."""

from __future__ import annotations

import logging
import os
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from . import stdio
from .errors import ToolFault, error_result

LONG = {"crystalyse/long": True}


class Server(MCPServer):
    """An MCPServer that names the wrong argument in a typed error."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """Run a tool; a rejected argument becomes invalid_input with its field."""
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


def serve(server: MCPServer) -> None:
    """Run over stdio until standard input closes."""
    logging.basicConfig(level=os.environ.get("CRYSTALYSE_LOG_LEVEL", "WARNING"))
    stdio.release()
    server.run("stdio")
