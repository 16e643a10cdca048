"""Fetch a MACE foundation model into the models folder: python -m crystalyse_mace.fetch mace-medium-mpa-0.

The only place that downloads a potential, and only when somebody runs it.
"""

from __future__ import annotations

import argparse
import os
import sys

from crystalyse_common.errors import ToolFault
from crystalyse_common.weights import download, models_folder

from .potentials.mace import FOUNDATIONS


def fetch(name: str, url: str = "", sha256: str = "") -> str:
    """Fetch one model; gives its hash.

    Raises:
        ToolFault: for an unknown name, no folder, or what the download raises.
    """
    stem = name.lower().removeprefix("mace-")
    if stem not in FOUNDATIONS:
        raise ToolFault("invalid_input", f"there is no foundation model {name[:40]!r}", "name", [f"use one of: {', '.join('mace-' + n for n in FOUNDATIONS)}"])
    folder = models_folder()
    if folder is None:
        raise ToolFault("unavailable", "CRYSTALYSE_MODELS names no folder", "name", ["set CRYSTALYSE_MODELS"])
    return download(url or os.environ.get("CRYSTALYSE_MACE_URL") or FOUNDATIONS[stem].url, folder / f"{stem}.model", sha256)


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("name")
    p.add_argument("--url", default="", help="another address of the same file")
    p.add_argument("--sha256", default="", help="what it must hash to")
    a = p.parse_args()
    try:
        sys.stdout.write(f"{a.name} {fetch(a.name, a.url, a.sha256)}\n")
    except ToolFault as fault:
        sys.exit(f"{fault.message}. {'; '.join(fault.suggestions)}")


if __name__ == "__main__":
    main()
