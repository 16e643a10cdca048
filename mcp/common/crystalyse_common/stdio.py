"""Keep the wire clean: nothing but MCP may reach standard output.

Libraries print at import and C code writes to fd 1. The guard points fd 1 at
standard error until the server takes the wire over.
"""

import os
import sys

_wire: int | None = None


def guard() -> None:
    """Point fd 1 at stderr; call before any heavy import."""
    global _wire
    if _wire is None:
        _wire = os.dup(1)
        os.dup2(2, 1)


def release() -> None:
    """Give fd 1 back to the wire; call just before the server runs."""
    global _wire
    if _wire is None:
        return
    sys.stdout.flush()
    # Block-buffered prints would be flushed onto the wire at exit.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.dup2(_wire, 1)
    os.close(_wire)
    _wire = None
