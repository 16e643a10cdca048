"""What a host may send with a call in `_meta`: key, checkpoint folder, fence, deadline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CallMeta:
    """The host's instructions for one call; all absent for a plain MCP client.

    Attributes:
        key: idempotency key; the same key means the same computation.
        checkpoint_dir: where checkpoints of this computation live.
        fence: orders attempts; a running attempt that sees a higher one stops.
        deadline: unix seconds at which to checkpoint and stop.
    """

    key: str = ""
    checkpoint_dir: Path | None = None
    fence: int = 0
    deadline: float | None = None


def call_meta(ctx: Any) -> CallMeta:
    """Read the meta of a request; malformed entries are treated as absent."""
    meta = dict(ctx.request_context.meta or {})
    key = meta.get("crystalyse/idempotency_key")
    folder = meta.get("crystalyse/checkpoint_dir")
    fence = meta.get("crystalyse/fence")
    deadline = meta.get("crystalyse/deadline")
    return CallMeta(
        key=key if isinstance(key, str) else "",
        checkpoint_dir=Path(folder) if isinstance(folder, str) and Path(folder).is_absolute() else None,
        fence=int(fence) if isinstance(fence, (int, float)) else 0,
        deadline=float(deadline) if isinstance(deadline, (int, float)) and deadline > 0 else None,
    )
