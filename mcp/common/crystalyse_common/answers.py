"""The answer of a call is kept before it is said.

A worker may die, or be given up, when its tool has said how a calculation ended
and nobody has noted it yet. The next attempt then gives that answer again: it
computes nothing, and the account of tools names no second success.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import toollog
from .callmeta import CallMeta
from .fence import Fence
from .files import artifacts, write_atomic

FILE = "answer.json"


@dataclass(frozen=True)
class Answers:
    """What the attempts of one call have answered; of calls with a checkpoint folder only.

    Attributes:
        meta: of this attempt.
        tool: its name, for the account.
        signature: what was asked of what; the answer to something else is not given.
    """

    meta: CallMeta
    tool: str
    signature: str

    @classmethod
    def of(cls, meta: CallMeta, version: str, tool: str, arguments: dict[str, Any]) -> Answers | None:
        """The answers of a call; None where nothing is kept."""
        if meta.checkpoint_dir is None:
            return None
        asked = json.dumps([version, meta.computation, tool, arguments], sort_keys=True, default=str)
        return cls(meta, tool, hashlib.sha256(asked.encode()).hexdigest())

    @property
    def _fence(self) -> Fence:
        return Fence(self.meta.checkpoint_dir, self.meta.fence)

    def claim(self) -> dict[str, Any] | None:
        """Take the call for this attempt, and give what an earlier one has answered."""
        with self._fence.held():
            self._fence.claim()
            return self._again()

    def keep(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep an answer and give the one to say: that of another attempt, if it was sooner."""
        body = json.dumps({"signature": self.signature, "answer": answer}).encode()
        with self._fence.held():
            self._fence.check()
            if (known := self._again()) is not None:
                return known
            write_atomic(self._folder / FILE, body)
        toollog.write("answer", self.tool, self.meta.key)
        return answer

    @property
    def _folder(self) -> Path:
        return self.meta.checkpoint_dir or Path()

    def _again(self) -> dict[str, Any] | None:
        try:
            kept = json.loads((self._folder / FILE).read_bytes())
            if kept["signature"] != self.signature or not _whole(kept["answer"]):
                return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        toollog.write("answered_again", self.tool, self.meta.key)
        return kept["answer"]


def _whole(answer: dict[str, Any]) -> bool:
    """Whether the structures that an answer names are still there."""
    made = (answer.get("structuredContent") or {}).get("structures") or []
    return all((artifacts() / "structures" / f"{s['structure_id']}.json").is_file() for s in made)
