"""Write or check the golden file of a server: its tools with their schemas.

    python -m crystalyse_common.golden <server> [--check]

Hosts read these files to know the tools before a server can start.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "golden"


async def describe(name: str) -> dict[str, Any]:
    """The tools of a server as they go over the wire."""
    module = importlib.import_module(f"crystalyse_{name}.server")
    tools = []
    for t in await module.mcp.list_tools():
        d = t.model_dump(by_alias=True, exclude_none=True)
        tools.append({
            "name": d["name"], "description": d.get("description", ""), "inputSchema": d["inputSchema"],
            "outputSchema": d.get("outputSchema"), "meta": d.get("_meta", {}),
        })
    return {"server": name, "version": module.VERSION, "tools": sorted(tools, key=lambda t: t["name"])}


def text_of(description: dict[str, Any]) -> str:
    """The golden file's text."""
    return json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("server")
    p.add_argument("--check", action="store_true", help="fail when the file is stale")
    a = p.parse_args()
    path = FOLDER / f"{a.server}.json"
    text = text_of(asyncio.run(describe(a.server)))
    if a.check:
        if not path.exists() or path.read_text() != text:
            raise SystemExit(f"{path} is stale: run `make generate`")
        return
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main()
