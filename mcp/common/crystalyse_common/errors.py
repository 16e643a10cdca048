"""Typed tool errors: what went wrong, in which field, and what may help."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any

log = logging.getLogger("crystalyse")

CODES = frozenset({
    "invalid_input", "not_found", "unsupported", "not_converged", "stale_fence", "resource", "unavailable", "internal",
})


class ToolFault(Exception):
    """A tool's refusal.

    Args:
        code: one of CODES.
        message: one sentence a user can act on.
        field: the argument that is wrong, dotted with indices; None when none is.
        suggestions: ways on, most useful first.
    """

    def __init__(self, code: str, message: str, field: str | None = None, suggestions: list[str] | None = None):
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}")
        super().__init__(message)
        self.code, self.message, self.field = code, message, field
        self.suggestions = suggestions or []

    def as_dict(self) -> dict[str, Any]:
        """The object that travels as structured content under "error"."""
        return {"code": self.code, "message": self.message, "field": self.field, "suggestions": self.suggestions}


def error_result(fault: ToolFault) -> Any:
    """The CallToolResult of a fault: typed for programs, text for people."""
    from mcp_types import CallToolResult, TextContent

    text = fault.message if fault.field is None else f"{fault.field}: {fault.message}"
    if fault.suggestions:
        text += " Suggestions: " + "; ".join(fault.suggestions)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content={"error": fault.as_dict()}, is_error=True
    )


def typed_errors(fn: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Turn ToolFault, and any unexpected exception, of a tool into a typed error result."""

    @functools.wraps(fn)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return await fn(*args, **kwargs)
        except ToolFault as fault:
            return error_result(fault)
        except Exception as exc:
            log.exception("tool %s failed", fn.__name__)
            return error_result(ToolFault(
                "internal", f"{fn.__name__} failed unexpectedly: {type(exc).__name__}: {exc}"[:400],
                suggestions=["retry with modified parameters", "try a simpler structure or composition"],
            ))

    return wrapped
