"""An engine: one process, one thread, potentials kept in memory between calls.

Speaks JSON lines with the server: a job in, progress and one answer out. It
ends when its standard input closes, and on Linux also when its parent dies.
"""

from __future__ import annotations

from crystalyse_common import stdio

stdio.guard()

import ctypes  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import queue  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from crystalyse_common.errors import ToolFault  # noqa: E402

REPORT_EVERY = 0.2  # seconds between progress reports

_stops: dict[str, threading.Event] = {}
_jobs: queue.Queue[dict[str, Any]] = queue.Queue()
_out_lock = threading.Lock()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() == 1:
            os._exit(0)  # the parent went before the call


def send(out: Any, message: dict[str, Any]) -> None:
    """One line to the server."""
    with _out_lock:
        out.write(json.dumps(message) + "\n")
        out.flush()


def _listen() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if message["op"] == "cancel":
            if stop := _stops.get(message["id"]):
                stop.set()
        else:
            _stops[message["id"]] = threading.Event()
            _jobs.put(message)
    os._exit(0)  # the server is gone


class Worker:
    """Runs jobs one after another."""

    def __init__(self, out: Any):
        """Keep the way out."""
        self.out = out
        self.loaded: dict[str, Any] = {}

    def potential(self, key: str) -> Any:
        """A loaded potential, loaded once."""
        from . import potentials

        if key not in self.loaded:
            self.loaded[key] = potentials.load(potentials.resolve(key))
        return self.loaded[key]

    def run(self, m: dict[str, Any]) -> dict[str, Any]:
        """Do one job."""
        from . import calculate

        told = shown = 0.0

        def report(p: dict[str, Any], frame: Callable[[], dict[str, Any]] | None) -> None:
            nonlocal told, shown
            now = time.monotonic()
            if now - told < REPORT_EVERY:
                return
            told = now
            if frame is not None and now - shown >= job.frame_every:
                shown, p = now, p | {"frame": frame()}
            send(self.out, {"id": m["id"], "progress": p})

        spec = dict(m["job"])
        spec["folder"] = Path(spec["folder"]) if spec.get("folder") else None
        job = calculate.Job(**spec)
        pot = self.potential(m["potential"])
        relax = m["op"] == "relax"
        result = calculate.relax(job, pot, report, _stops[m["id"]]) if relax else calculate.energy(job, pot)
        return {"result": result, "potential": pot.describe()}

    def answer(self, m: dict[str, Any]) -> dict[str, Any]:
        """The answer of a job: a result, a typed error or a stop."""
        from .calculate import Stopped

        try:
            return self.run(m)
        except ToolFault as fault:
            return {"error": fault.as_dict()}
        except Stopped as stop:
            return {"stopped": stop.why}
        except Exception as exc:
            traceback.print_exc()
            return {"error": ToolFault("internal", f"{type(exc).__name__}: {exc}"[:300], suggestions=["try a simpler structure"]).as_dict()}


def quiet() -> None:
    """Drop a warning that comes with every step of a cell and says nothing.

    SciPy tells of the error of each matrix logarithm; a cell that is strained by
    a few percent has one of about 1e-13. Larger errors are still told.
    """
    warnings.filterwarnings("ignore", r"logm result may be inaccurate, approximate err = \S*e-(0[6-9]|[1-9]\d)", RuntimeWarning)


def main() -> None:
    """Serve jobs until the server goes."""
    _die_with_parent()
    quiet()
    stdio.release()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # prints of libraries go to the log
    threading.Thread(target=_listen, daemon=True).start()
    worker = Worker(out)
    while True:
        m = _jobs.get()
        answer = worker.answer(m)
        _stops.pop(m["id"], None)
        send(out, {"id": m["id"], **answer})


if __name__ == "__main__":
    main()
