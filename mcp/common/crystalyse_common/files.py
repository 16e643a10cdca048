"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import ToolFault


def artifacts() -> Path:
    """The artifact folder; a private temporary one for a plain MCP client."""
    folder = os.environ.get("CRYSTALYSE_ARTIFACTS")
    if not folder:
        folder = str(Path(tempfile.gettempdir()) / f"crystalyse-artifacts-{os.getuid()}")
        os.environ["CRYSTALYSE_ARTIFACTS"] = folder
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_atomic(path: Path, data: bytes, lasting: bool = True) -> None:
    """Write by a temporary name, fsync and rename, so that a reader never sees half a file.

    What is of use to running processes only need not be lasting: a loss of power may take it away.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, tmp = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
        try:
            with os.fdopen(fd, "wb") as f:
                f.write(data)
                if lasting:
                    f.flush()
                    os.fsync(f.fileno())
            os.replace(tmp, path)
        except BaseException:
            Path(tmp).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise ToolFault("resource", f"cannot write {path.name}: {exc.strerror or exc}", suggestions=[
            "free some disk space or check the permissions of the state folder, then try again"]) from exc
