"""The pool of engines: jobs go to a free one; a lost one is replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import learn

from .potentials.base import OUT_OF_TIME, PotentialInfo

Progress = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]

_ids = count(1)
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class EngineLost(ToolFault):
    """An engine ended before its answer: killed, out of memory, crashed."""

    def __init__(self, code: int):
        """Name how it ended."""
        how = f"killed by signal {-code}" if code < 0 else f"exit {code}"
        super().__init__("resource", f"the calculation process ended ({how}): out of memory, or killed",
                         suggestions=["try again: finished work is kept", "use a smaller cell"])


class OutOfTime(ToolFault):
    """A calculation was not begun or was given up, because its `answer_by` has passed."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("resource", "the time for it was spent", suggestions=["raise the wall time limit to let it go on"])


class Engine:
    """One engine process. Started from the main thread: the kernel ties its life to that thread."""

    def __init__(self, runtime: str = "") -> None:
        """Start the process in an interpreter, this one's by default; it loads a potential with its first job."""
        self.runtime = runtime
        self.proc = subprocess.Popen(
            [runtime or sys.executable, "-m", "crystalyse_mace.engine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | THREADS, text=True, bufsize=1)
        self.write_lock = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """One line to the engine; a dead engine is noticed by the reader."""
        assert self.proc.stdin is not None
        try:
            with self.write_lock:
                self.proc.stdin.write(json.dumps(message) + "\n")
                self.proc.stdin.flush()
        except (BrokenPipeError, ValueError, OSError):
            pass

    def talk(self, message: dict[str, Any], on_progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Run one job to its answer; blocks, so it is called in a thread."""
        self.send(message)
        assert self.proc.stdout is not None
        while (line := self.proc.stdout.readline()).endswith("\n"):  # half a line: it died while writing
            m = json.loads(line)
            if m.get("id") != message["id"]:
                continue  # the tail of an abandoned job
            if "progress" in m:
                on_progress(m["progress"])
            else:
                return m
        raise EngineLost(self.proc.wait())

    def alive(self) -> bool:
        """Whether the process runs."""
        return self.proc.poll() is None

    def close(self) -> None:
        """End the process."""
        self.proc.kill()
        self.proc.wait()


class Pool:
    """A fixed number of engines, started when first needed."""

    def __init__(self, size: int):
        """Allow `size` engines; none runs yet."""
        self.size = size
        self.idle: list[Engine] = []
        self.busy: set[Engine] = set()
        self.slots = anyio.Semaphore(size)

    @asynccontextmanager
    async def engine(self, runtime: str = "", until: float | None = None) -> AsyncIterator[Engine]:
        """A free engine of a runtime; one that died or is still busy afterwards is not reused.

        Raises:
            OutOfTime: none was free until then.
        """
        with anyio.move_on_after(None if until is None else max(0.0, until - time.time())):
            await self.slots.acquire()
            until = None
        if until is not None:
            raise OutOfTime
        try:
            self.idle = [e for e in self.idle if e.alive()]
            engine = next((e for e in self.idle if e.runtime == runtime), None)
            if engine is None:
                self._make_room()
                engine = Engine(runtime)
            else:
                self.idle.remove(engine)
            self.busy.add(engine)
            try:
                yield engine
            finally:
                self.busy.discard(engine)
                if engine.alive():
                    self.idle.append(engine)
        finally:
            self.slots.release()

    def _make_room(self) -> None:
        """End an idle engine of another runtime where a new one would be one too many: models take memory."""
        if len(self.idle) + len(self.busy) >= self.size and self.idle:
            self.idle.pop(0).close()

    async def run(self, op: str, potential: PotentialInfo, job: dict[str, Any], on_progress: Progress | None = None) -> dict[str, Any]:
        """Run a job on a free engine.

        Returns:
            {"result": ..., "potential": ...}.

        Raises:
            EngineLost: its engine ended before it answered.
            OutOfTime: its `answer_by` passed first.
            ToolFault: the job's typed error, or `resource` when it was stopped.
        """
        message = {"op": op, "id": str(next(_ids)), "potential": potential.key, "job": job}
        until = None if job.get("partial") else job.get("answer_by")  # one that answers with how far it came waits for its first step
        async with self.engine(potential.runtime, until) as engine:
            done = anyio.Event()
            answer: dict[str, Any] = {}
            gone = threading.Event()  # nobody listens to progress any more

            def relay(p: dict[str, Any]) -> None:
                if on_progress is not None and not gone.is_set():
                    anyio.from_thread.run(on_progress, p)

            async def talk() -> None:
                try:
                    answer.update(await anyio.to_thread.run_sync(lambda: engine.talk(message, relay), abandon_on_cancel=False))
                except ToolFault as fault:
                    answer["fault"] = fault
                done.set()

            async with anyio.create_task_group() as tg:
                tg.start_soon(self._shielded, talk)
                try:
                    await done.wait()
                except anyio.get_cancelled_exc_class():
                    # The engine stops at its next step and saves; only then is it free.
                    gone.set()
                    engine.send({"op": "cancel", "id": message["id"]})
                    raise
        out = self._outcome(answer)
        learn(out["result"].get("structures") or [])
        return out

    @staticmethod
    async def _shielded(fn: Callable[[], Any]) -> None:
        with anyio.CancelScope(shield=True):
            await fn()

    @staticmethod
    def _outcome(answer: dict[str, Any]) -> dict[str, Any]:
        if "fault" in answer:
            raise answer["fault"]
        if answer.get("stopped") == OUT_OF_TIME:
            raise OutOfTime
        if "stopped" in answer:
            raise ToolFault("resource", f"stopped by the {answer['stopped']}; its checkpoint is kept",
                            suggestions=["raise the wall time limit to let it go on"])
        if error := answer.get("error"):
            raise ToolFault(error["code"], error["message"], error.get("field"), error.get("suggestions"))
        return answer

    def close(self) -> None:
        """End all engines."""
        for e in (*self.idle, *self.busy):
            e.close()
        self.idle.clear()
