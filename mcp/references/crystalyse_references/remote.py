"""Databases on the network, each asked politely once and then read from a cache.

A failure is a typed note beside what the others gave, never an error of the call.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts, write_atomic

TIMEOUT = 20.0  # seconds
MAX_PAGES, PAGE = 4, 50
MAX_AGE = 30 * 86400.0  # seconds a cached answer is used
OPTIMADE_DEFAULT = "https://optimade.materialsproject.org"
MP_THERMO = "https://api.materialsproject.org/materials/thermo/"
FIELDS = "chemical_formula_reduced,lattice_vectors,cartesian_site_positions,species_at_sites,species,nsites,structure_features,last_modified"


def optimade_urls() -> list[str]:
    """The OPTIMADE providers to ask: CRYSTALYSE_OPTIMADE (comma-separated), else Materials Project's."""
    given = os.environ.get("CRYSTALYSE_OPTIMADE")
    return [u.strip().rstrip("/") for u in (given if given is not None else OPTIMADE_DEFAULT).split(",") if u.strip()]


def _get(url: str, params: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, Any]:
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
        raise ToolFault("unavailable", f"{host} answered HTTP {response.status_code}")
    try:
        body = response.json()
    except ValueError as exc:
        raise ToolFault("unavailable", f"{host} answered with something that is no JSON") from exc
    if not isinstance(body, dict):
        raise ToolFault("unavailable", f"{host} answered with something that is no object")
    return body


def cached(name: str, query: str, ask: Callable[[], list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], str, bool]:
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


def optimade(base: str, elements: list[str]) -> tuple[list[dict[str, Any]], str, bool]:
    """Structures of a system and its subsystems: the filter allows no other element.

    Raises:
        ToolFault: unavailable.
    """
    words = ", ".join(f'"{el}"' for el in sorted(elements))
    # "HAS ONLY" is optional in the specification; what has other elements is left out when it is read.
    query = f"elements HAS ANY {words} AND nelements<={len(elements)}"

    def ask() -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        url, params = f"{base}/v1/structures", {"filter": query, "response_fields": FIELDS, "page_limit": str(PAGE)}
        for _ in range(MAX_PAGES):
            body = _get(url, params)
            out += [d for d in body.get("data") or [] if isinstance(d, dict)]
            following = (body.get("links") or {}).get("next")
            following = following.get("href") if isinstance(following, dict) else following
            if not following or not str(following).startswith(base):
                break  # the last page, or one that leads elsewhere
            url, params = str(following), {}
        return out

    return cached("optimade", f"{base} {query}", ask)


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
        return [d for d in _get(os.environ.get("CRYSTALYSE_MP_URL", MP_THERMO), params, {"X-API-KEY": key}).get("data") or [] if isinstance(d, dict)]

    return cached("mp", query, ask)
