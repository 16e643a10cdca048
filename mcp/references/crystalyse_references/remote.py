"""Databases on the network, each asked politely once and then read from a cache.

A failure is a typed note beside what the others gave, never an error of the call.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts, write_atomic

T = TypeVar("T")
TIMEOUT = 20.0  # seconds
MAX_AGE = 30 * 86400.0  # seconds a cached answer is used
MP_THERMO = "https://api.materialsproject.org/materials/thermo/"


class HTTPFault(ToolFault):
    """A database's own refusal, with its HTTP status."""

    def __init__(self, host: str | None, status: int):
        """Say who answered what."""
        super().__init__("unavailable", f"{host} answered HTTP {status}")
        self.status = status


def get(url: str, params: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """One JSON answer.

    Raises:
        ToolFault: unavailable, in words; the key of a header is never in them.
    """
    import requests

    host = urlsplit(url).hostname
    try:
        response = requests.get(url, params=params, headers=headers or {}, timeout=TIMEOUT)
    except requests.RequestException as exc:
        raise ToolFault("unavailable", f"{host} cannot be reached: {type(exc).__name__}") from exc
    if response.status_code in (401, 403):
        raise ToolFault("unavailable", f"{host} refused the request (HTTP {response.status_code}): check the key")
    if response.status_code != 200:
        raise HTTPFault(host, response.status_code)
    try:
        body = response.json()
    except ValueError as exc:
        raise ToolFault("unavailable", f"{host} answered with something that is no JSON") from exc
    if not isinstance(body, dict):
        raise ToolFault("unavailable", f"{host} answered with something that is no object")
    return body


def cached(name: str, query: str, ask: Callable[[], T]) -> tuple[T, str, bool]:
    """An answer with its date, and whether it came from the cache."""
    path = artifacts() / "references" / "remote" / f"{name}-{hashlib.sha256(query.encode()).hexdigest()[:20]}.json"
    try:
        kept = json.loads(path.read_bytes())
        if kept["query"] == query and time.time() - kept["at"] < MAX_AGE:
            return kept["data"], time.strftime("%Y-%m-%d", time.gmtime(kept["at"])), True
    except (FileNotFoundError, ValueError, KeyError):
        pass  # not asked before, or half a file: ask
    data = ask()
    write_atomic(path, json.dumps({"query": query, "at": time.time(), "data": data}).encode())
    return data, time.strftime("%Y-%m-%d", time.gmtime()), False


def materials_project(elements: list[str], key: str) -> tuple[list[dict[str, Any]], str, bool]:
    """Thermodynamic entries of a system and its subsystems, MP2020-corrected, with the user's key.

    Raises:
        ToolFault: unavailable.
    """
    from itertools import combinations

    systems = ["-".join(c) for n in range(1, len(elements) + 1) for c in combinations(sorted(elements), n)]
    query = ",".join(systems)

    def ask() -> list[dict[str, Any]]:
        params = {"chemsys": query, "thermo_types": "GGA_GGA+U", "_limit": "1000",
                  "_fields": "material_id,formula_pretty,formation_energy_per_atom,energy_above_hull,composition,last_updated"}
        return [d for d in get(os.environ.get("CRYSTALYSE_MP_URL", MP_THERMO), params, {"X-API-KEY": key}).get("data") or [] if isinstance(d, dict)]

    return cached("mp", query, ask)
