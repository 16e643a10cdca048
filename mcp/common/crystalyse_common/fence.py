"""Who may write into the folder of a computation: its newest attempt, and nobody while another looks."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ToolFault
from .files import write_atomic


class Fence:
    """The fence of one attempt in the folder of a computation.

    To look and then to write is one act only with the folder held: between the
    two another attempt, of a worker that was thought dead, may come to its end.

    Args:
        folder: of the computation; None guards nothing.
        number: this attempt's; a higher one in the folder ends it.
    """

    def __init__(self, folder: Path | None, number: int):
        """Nothing is claimed yet."""
        self.folder, self.number = folder, number

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for the block; the end of the process frees it, too."""
        if self.folder is None:
            yield
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise ToolFault("resource", f"cannot use the folder of the calculation: {exc.strerror or exc}", suggestions=[
                "free some disk space or check the permissions of the state folder, then try again"]) from exc
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def check(self) -> None:
        """Stop when a newer attempt has claimed the folder."""
        if self._seen() > self.number:
            raise ToolFault("stale_fence", "a newer attempt of this calculation has taken over")

    def claim(self) -> None:
        """Take the folder for this attempt; call it with the folder held."""
        if self.folder is None:
            return
        self.check()
        if self._seen() != self.number:
            write_atomic(self.folder / "fence", str(self.number).encode(), lasting=False)

    def _seen(self) -> int:
        if self.folder is None:
            return self.number
        try:
            return int((self.folder / "fence").read_text())
        except (FileNotFoundError, ValueError):
            return -1  # nobody's
