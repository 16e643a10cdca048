"""OPTIMADE databases: the structures of a chemical system and of its subsystems.

`elements HAS ONLY` says it in one filter, and is optional in the specification. A
server without it answers 501 (some 400); it is then asked once for each subsystem
with `HAS ALL` and `nelements`, both mandatory. Neither brings entries with other
elements, of which a large database has a hundred times as many.
"""

from __future__ import annotations

import os
from itertools import combinations
from typing import Any, TypedDict

from crystalyse_common.errors import ToolFault

from .remote import HTTPFault, cached, get

PAGE, MAX_PAGES = 50, 20  # entries a page, pages a system
DEFAULT = "https://optimade.materialsproject.org"
FIELDS = "chemical_formula_reduced,lattice_vectors,cartesian_site_positions,species_at_sites,species,nsites,structure_features,last_modified"


class Answer(TypedDict):
    """Entries, and whether more were there than are read."""

    entries: list[dict[str, Any]]
    cut: bool


def urls() -> list[str]:
    """The OPTIMADE providers to ask: CRYSTALYSE_OPTIMADE (comma-separated), else Materials Project's."""
    given = os.environ.get("CRYSTALYSE_OPTIMADE")
    return [u.strip().rstrip("/") for u in (given if given is not None else DEFAULT).split(",") if u.strip()]


def structures(base: str, elements: list[str]) -> tuple[Answer, str, bool]:
    """Structures of a system and its subsystems, with the date and whether they were kept from before.

    Raises:
        ToolFault: unavailable.
    """
    system = sorted(elements)

    def ask() -> Answer:
        try:
            return _pages(base, f"elements HAS ONLY {_quoted(system)}", MAX_PAGES)[0]
        except HTTPFault as fault:
            if fault.status not in (400, 501):
                raise
        return _subsystems(base, system)

    return cached("optimade", f"{base} structures of {'-'.join(system)}", ask)


def _quoted(elements: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f'"{el}"' for el in elements)


def _subsystems(base: str, system: list[str]) -> Answer:
    """The whole system first: what is cut by the limit of pages are the smallest subsystems."""
    out, cut, left = [], False, MAX_PAGES
    parts = [c for n in range(len(system), 0, -1) for c in combinations(system, n)]
    for i, part in enumerate(parts):
        # Every later subsystem keeps its first page.
        got, pages = _pages(base, f"elements HAS ALL {_quoted(part)} AND nelements={len(part)}", max(1, left - (len(parts) - i - 1)))
        left -= pages
        out += got["entries"]
        cut = cut or got["cut"]
    return Answer(entries=out, cut=cut)


def _pages(base: str, query: str, most: int) -> tuple[Answer, int]:
    """The entries of one filter, and how many pages that took: servers make them as small as they like."""
    out: list[dict[str, Any]] = []
    url, params = f"{base}/v1/structures", {"filter": query, "response_fields": FIELDS, "page_limit": str(PAGE)}
    for read in range(1, most + 1):
        body = get(url, params)
        out += [d for d in body.get("data") or [] if isinstance(d, dict)]
        following = _next(body, base)
        if following is None:
            return Answer(entries=out, cut=False), read
        url, params = following, {}
    return Answer(entries=out, cut=True), most


def _next(body: dict[str, Any], base: str) -> str | None:
    """The next page, when there is one.

    Raises:
        ToolFault: unavailable, for one that leads elsewhere.
    """
    links = body.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    following = following.get("href") if isinstance(following, dict) else following
    if not following:
        return None
    if not str(following).startswith(f"{base}/"):
        raise ToolFault("unavailable", "its next page leads to another place")
    return str(following)
