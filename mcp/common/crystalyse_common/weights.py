"""Model files: their hash, and fetching them on an operator's explicit word.

Loading such a file runs code that is in it, so files come from the operator's
model folder only, and a <file>.sha256 beside one must agree with it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from functools import lru_cache
from pathlib import Path

from .errors import ToolFault

TIMEOUT = 120  # seconds without a byte


def models_folder() -> Path | None:
    """The operator's model folder, if there is one."""
    folder = os.environ.get("CRYSTALYSE_MODELS")
    return Path(folder) if folder else None


def sha256_of(path: str) -> str:
    """The hash of a file, computed again only when the file changes."""
    stat = Path(path).stat()
    return _sha256(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=32)
def _sha256(path: str, _mtime: int, _size: int) -> str:
    h = hashlib.sha256()
    with Path(path).open("rb") as f:
        while chunk := f.read(1 << 20):
            h.update(chunk)
    return h.hexdigest()


def check_hash(path: str, field: str, suggestion: str) -> str:
    """The hash of a model file; a <file>.sha256 beside it must agree.

    Raises:
        ToolFault: unavailable, when it does not.
    """
    found, note = sha256_of(path), Path(path + ".sha256")
    if note.exists() and (wanted := note.read_text().split()[:1]) != [found]:
        raise ToolFault("unavailable", f"{Path(path).name} has the hash {found[:12]}..., not {''.join(wanted)[:12]}... as {note.name} says", field,
                        ["fetch the model again", suggestion])
    return found


def download(url: str, target: Path, sha256: str = "") -> str:
    """Fetch a file whole or not at all and note its hash beside it.

    Args:
        url: an http(s) address.
        target: where it goes.
        sha256: what it must hash to; empty takes what comes, and keeps its hash.

    Raises:
        ToolFault: unavailable (refused, no network) or invalid_input (another hash).
    """
    if not url.startswith(("https://", "http://")):
        raise ToolFault("invalid_input", f"{url[:60]!r} is no web address", "url", ["give one that begins with https://"])
    target.parent.mkdir(parents=True, exist_ok=True)
    fd, tmp = tempfile.mkstemp(prefix=".tmp-", dir=target.parent)
    h = hashlib.sha256()
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "crystalyse"})  # noqa: S310  (checked above)
        with os.fdopen(fd, "wb") as f, urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            while chunk := response.read(1 << 18):
                h.update(chunk)
                f.write(chunk)
        if sha256 and h.hexdigest() != sha256:
            raise ToolFault("invalid_input", f"{target.name} came with the hash {h.hexdigest()[:12]}..., not {sha256[:12]}...", "sha256",
                            ["check the address", "try again: the download may have been cut"])
        os.replace(tmp, target)
        Path(f"{target}.sha256").write_text(f"{h.hexdigest()}  {target.name}\n")
    except urllib.error.HTTPError as exc:
        raise ToolFault("unavailable", f"the server refused {target.name}: HTTP {exc.code}", "url", [
            "fetch the file with a browser and put it into the models folder", "try again later"]) from exc
    except OSError as exc:
        raise ToolFault("unavailable", f"{target.name} cannot be fetched: {exc}"[:200], "url", ["check the network", "put the file into the models folder by hand"]) from exc
    finally:
        Path(tmp).unlink(missing_ok=True)
    return h.hexdigest()
