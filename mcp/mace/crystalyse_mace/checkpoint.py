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

from crystalyse_common.fence import Fence
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
        self.folder, self.fence, self.signature = folder, Fence(folder, fence), signature
        with self.fence.held():
            self.fence.claim()

    def check(self) -> None:
        """Stop when a newer attempt has claimed the folder."""
        self.fence.check()

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
        buf = io.BytesIO()
        np.savez(buf, signature=np.array(self.signature), **state)
        current = self.folder / "state.npz"
        with self.fence.held():
            self.check()
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
        body = json.dumps({"signature": self.signature, "result": result}).encode()
        with self.fence.held():
            self.check()
            write_atomic(self.folder / "result.json", body)
