"""An append-only account of what tools really did, for audits and fault tests."""

from __future__ import annotations

import json
import os
import time

from .trace import trace_id


def write(event: str, tool: str, key: str = "", **extra: object) -> None:
    """Append one line to $CRYSTALYSE_TOOL_LOG, if set, in one write."""
    path = os.environ.get("CRYSTALYSE_TOOL_LOG")
    if not path:
        return
    if trace := trace_id():
        extra["trace"] = trace
    line = json.dumps({"ts": time.time(), "pid": os.getpid(), "key": key, "tool": tool, "event": event, **extra}) + "\n"
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(fd, line.encode())
    finally:
        os.close(fd)
