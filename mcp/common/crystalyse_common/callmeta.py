"""What a host may send with a call in `_meta`: keys, checkpoint folder, fence, deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class CallMeta:
    """The host's instructions for one call; all absent for a plain MCP client.

    Attributes:
        key: idempotency key; the same key means the same computation.
        computation: the print of all that decides the answer (code, environment, model files, arguments); may change between attempts.
        checkpoint_dir: where checkpoints of this computation live.
        fence: orders attempts; a running attempt that sees a higher one stops.
        deadline: unix seconds at which to checkpoint and stop.
        answer_by: unix seconds from which on a batch begins nothing new, gives up what runs, and answers with what it has.
        records: what the asking discovery knows of structures: id -> origin, label, space_group; None where the host does not say.
    """

    key: str = ""
    computation: str = ""
    checkpoint_dir: Path | None = None
    fence: int = 0
    deadline: float | None = None
    answer_by: float | None = None
    records: dict[str, dict[str, Any]] | None = None


def call_meta(ctx: Any) -> CallMeta:
    """Read the meta of a request; malformed entries are treated as absent."""
    meta = dict(ctx.request_context.meta or {})
    key = meta.get("crystalyse/idempotency_key")
    computation = meta.get("crystalyse/computation")
    folder = meta.get("crystalyse/checkpoint_dir")
    fence = meta.get("crystalyse/fence")
    return CallMeta(
        key=key if isinstance(key, str) else "",
        computation=computation if isinstance(computation, str) else "",
        checkpoint_dir=Path(folder) if isinstance(folder, str) and Path(folder).is_absolute() else None,
        fence=int(fence) if isinstance(fence, (int, float)) else 0,
        deadline=_seconds(meta.get("crystalyse/deadline")),
        answer_by=_seconds(meta.get("crystalyse/answer_by")),
        records=_records(meta.get("crystalyse/records")),
    )


def _records(value: Any) -> dict[str, dict[str, Any]] | None:
    return {k: v for k, v in value.items() if isinstance(v, dict)} if isinstance(value, dict) else None


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value > 0 else None
