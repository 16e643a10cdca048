"""Requests that come together are computed together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import anyio.to_thread

Vectors = tuple[list[list[float]], list[int]]
MAX_BATCH = 32  # texts in one pass; more gains nothing on a CPU


@dataclass
class Wish:
    """One text that somebody waits for."""

    text: str
    done: asyncio.Future[tuple[list[float], int]]


class Batcher:
    """Collects texts while the model is busy and gives it those of like length."""

    def __init__(self, embed: Callable[[list[str]], Vectors]):
        """Keep the function that computes; it is called by one thread at a time."""
        self.embed = embed
        self.wishes: list[Wish] = []
        self.some = asyncio.Event()

    async def ask(self, texts: list[str]) -> list[tuple[list[float], int]]:
        """Vectors and token counts, in the order of the texts."""
        loop = asyncio.get_running_loop()
        mine = [Wish(t, loop.create_future()) for t in texts]
        self.wishes += mine
        self.some.set()
        return await asyncio.gather(*(w.done for w in mine))

    def _take(self) -> list[Wish]:
        # Who asks for one text must not wait behind who asks for a thousand, so the
        # shortest go first; like lengths also waste least on padding.
        self.wishes = [w for w in self.wishes if not w.done.done()]
        self.wishes.sort(key=lambda w: len(w.text))
        batch, self.wishes = self.wishes[:MAX_BATCH], self.wishes[MAX_BATCH:]
        return batch

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            await self.some.wait()
            batch = self._take()
            if not batch:
                self.some.clear()
                continue
            try:
                vectors, tokens = await anyio.to_thread.run_sync(self.embed, [w.text for w in batch])
            except Exception as exc:  # told to those who asked; the next batch may do better
                for w in batch:
                    if not w.done.done():
                        w.done.set_exception(exc)
                continue
            for w, vector, n in zip(batch, vectors, tokens, strict=True):
                if not w.done.done():
                    w.done.set_result((vector, n))
