"""Checkpoints of a relaxation: whole, fenced, with one predecessor kept.

The optimizer's full state is stored (ASE's own restart file misses part of it),
so that a resumed run takes the same path to the last bit.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import write_atomic


class Checkpoint:
    """The checkpoint folder of one computation, seen by one attempt.

    Args:
        folder: where it lives; None keeps nothing.
        fence: this attempt's number; a higher one in the folder ends it.
        signature: what is computed; a state or result of something else is not used.
    """

    def __init__(self, folder: Path | None, fence: int, signature: str):
        """Claim the folder for this attempt."""
        self.folder, self.fence, self.signature = folder, fence, signature
        if folder is None:
            return
        self.check()
        write_atomic(folder / "fence", str(fence).encode())

    def check(self) -> None:
        """Stop when a newer attempt has claimed the folder."""
        if self.folder is None:
            return
        try:
            seen = int((self.folder / "fence").read_text())
        except (FileNotFoundError, ValueError):
            return
        if seen > self.fence:
            raise ToolFault("stale_fence", "a newer attempt of this calculation has taken over")

    def load(self) -> dict[str, np.ndarray] | None:
        """The newest whole state, or None."""
        if self.folder is None:
            return None
        for name in ("state.npz", "state.prev.npz"):
            try:
                with np.load(self.folder / name, allow_pickle=False) as z:
                    state = {k: z[k] for k in z.files}
            except (zipfile.BadZipFile, ValueError, EOFError, OSError, KeyError):
                continue  # truncated or absent: the predecessor is whole
            if str(state.get("signature")) == self.signature:
                return state
        return None

    def save(self, state: dict[str, Any]) -> None:
        """Write a state; the last one becomes the predecessor."""
        if self.folder is None:
            return
        self.check()
        buf = io.BytesIO()
        np.savez(buf, signature=np.array(self.signature), **state)
        current = self.folder / "state.npz"
        if current.exists():
            os.replace(current, self.folder / "state.prev.npz")
        write_atomic(current, buf.getvalue())

    def result(self) -> dict[str, Any] | None:
        """The finished result, if this computation is done."""
        if self.folder is None:
            return None
        try:
            kept = json.loads((self.folder / "result.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return kept["result"] if kept.get("signature") == self.signature else None

    def finish(self, result: dict[str, Any]) -> None:
        """Keep the result, so that asking again computes nothing."""
        if self.folder is None:
            return
        self.check()
        write_atomic(self.folder / "result.json", json.dumps({"signature": self.signature, "result": result}).encode())
