"""The trace a call belongs to, for logs and accounts.

A caller that traces puts its place into the `_meta` of the request; the SDK of
MCP takes it up. Nothing is sent anywhere from here.
"""

from __future__ import annotations

import logging

from opentelemetry.trace import get_current_span


def trace_id() -> str:
    """The id of the trace that the call at work belongs to; "" outside of one."""
    at = get_current_span().get_span_context()
    return format(at.trace_id, "032x") if at.is_valid else ""


class TraceFilter(logging.Filter):
    """Gives every record the trace it was made in, as " trace_id=..." or nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; no record is dropped."""
        found = trace_id()
        record.trace = f" trace_id={found}" if found else ""
        return True


def log_to_stderr(level: str) -> None:
    """Log lines that name their trace."""
    handler = logging.StreamHandler()
    handler.addFilter(TraceFilter())
    logging.basicConfig(level=level, format="%(levelname)s:%(name)s:%(message)s%(trace)s", handlers=[handler])
