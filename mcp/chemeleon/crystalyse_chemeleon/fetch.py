"""Fetch Chemeleon's checkpoints into the models folder: python -m crystalyse_chemeleon.fetch.

The archive lies on Figshare, which often refuses programs; then fetch it with a
browser and unpack its .ckpt files into the models folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tarfile
from pathlib import Path

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import write_atomic
from crystalyse_common.weights import download, models_folder, sha256_of

MAX_BYTES = 2 << 30


def fetch(url: str = "", sha256: str = "") -> list[str]:
    """Fetch the archive and keep its checkpoints; gives their names.

    Raises:
        ToolFault: when there is no folder, the archive is refused or holds no checkpoint.
    """
    from chemeleon_dng.download_util import FIGSHARE_URL

    folder = models_folder()
    if folder is None:
        raise ToolFault("unavailable", "CRYSTALYSE_MODELS names no folder", "url", ["set CRYSTALYSE_MODELS"])
    archive = folder / "chemeleon.tar.gz"
    download(url or os.environ.get("CRYSTALYSE_CHEMELEON_URL") or FIGSHARE_URL, archive, sha256)
    try:
        return _unpack(archive, folder)
    except (tarfile.TarError, EOFError, OSError) as exc:
        raise ToolFault("unavailable", f"the archive cannot be read: {exc}"[:200], "url", ["fetch it again"]) from exc
    finally:
        archive.unlink(missing_ok=True)
        Path(f"{archive}.sha256").unlink(missing_ok=True)


def _unpack(archive: Path, folder: Path) -> list[str]:
    """Take the .ckpt files out by their base names: nothing of the archive chooses where it goes."""
    names = []
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            name = Path(member.name).name
            if not member.isfile() or not name.endswith(".ckpt") or name.startswith(".") or member.size > MAX_BYTES:
                continue
            body = tar.extractfile(member)
            if body is None:
                continue
            write_atomic(folder / name, body.read())
            (folder / f"{name}.sha256").write_text(f"{sha256_of(str(folder / name))}  {name}\n")
            names.append(name)
    if not names:
        raise ToolFault("unavailable", "the archive holds no checkpoint", "url")
    return sorted(names)


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--url", default="", help="another address of the same archive")
    p.add_argument("--sha256", default="", help="what it must hash to")
    a = p.parse_args()
    try:
        sys.stdout.write("\n".join(fetch(a.url, a.sha256)) + "\n")
    except ToolFault as fault:
        sys.exit(f"{fault.message}. {'; '.join(fault.suggestions)}")


if __name__ == "__main__":
    main()
