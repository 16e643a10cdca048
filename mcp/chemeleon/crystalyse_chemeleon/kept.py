"""A finished search, kept in the folder of its call, so that a repeated call does not search again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from crystalyse_common.callmeta import CallMeta
from crystalyse_common.files import write_atomic

from .models import GenerateResult

if TYPE_CHECKING:
    from .search import Query


def load(meta: CallMeta, query: Query) -> GenerateResult | None:
    """The result of the same search, if this call has finished it before."""
    if meta.checkpoint_dir is None:
        return None
    try:
        body = json.loads((meta.checkpoint_dir / "result.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return GenerateResult.model_validate(body["result"]) if body.get("query") == asdict(query) else None


def save(meta: CallMeta, query: Query, result: GenerateResult) -> None:
    """Keep the result of a finished search."""
    if meta.checkpoint_dir is not None:
        body = {"query": asdict(query), "result": result.model_dump(mode="json")}
        write_atomic(meta.checkpoint_dir / "result.json", json.dumps(body).encode())
