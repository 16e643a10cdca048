"""The embedding server: the real process with the real weights, over HTTP."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[1]
TOKEN = "of-this-start"
PATIENCE = 300.0  # seconds until a wait is given up: machines may be slow, and what hangs hangs for good
MODEL = "all-MiniLM-L6-v2"
# The vector of "hello world" as the reference implementation publishes it.
HELLO = [-0.0344772, 0.0310232, 0.0067350, 0.0261089, -0.0393620, -0.1603025, 0.0669239, -0.0064415]


class Server:
    def __init__(self, port: int):
        self.port = port

    def ask(self, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        req = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(req, timeout=120) as r:
                return r.status, json.load(r)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def embed(self, *texts: str, **more: Any) -> list[Any]:
        status, body = self.ask("/v1/embeddings", {"model": MODEL, "input": list(texts)} | more)
        assert status == 200, body
        assert [d["index"] for d in body["data"]] == list(range(len(texts)))
        return [d["embedding"] for d in body["data"]]


def start() -> tuple[subprocess.Popen[bytes], Server]:
    """A server on a port that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    env = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    env |= {"PYTHONPATH": str(HERE), "CRYSTALYSE_EMBEDDING_API_KEY": TOKEN, "CRYSTALYSE_EMBEDDING_PORT": str(port), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-m", "crystalyse_embedding"], env=env), Server(port)


def ready(process: subprocess.Popen[bytes], it: Server) -> bool:
    """Wait for the weights; False when the process ended, since another took its port."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        try:
            if it.ask("/healthz")[0] == 200:
                return True
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the server is not ready after {PATIENCE:g} seconds")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    process, it = start()
    try:
        for _ in range(3):
            if ready(process, it):
                break
            process, it = start()
        else:
            pytest.fail("the server ended three times")
        yield it
    finally:
        process.terminate()
        process.wait(PATIENCE)


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_the_vectors_are_those_of_the_reference(server: Server):
    (v,) = server.embed("hello world")
    assert len(v) == 384
    assert v[:8] == pytest.approx(HELLO, abs=1e-6)
    assert dot(v, v) == pytest.approx(1, abs=1e-5)


def test_company_in_a_batch_changes_no_vector(server: Server):
    (alone,) = server.embed("NaCl")
    together = server.embed("NaCl", "a much longer sentence about lead-free halide perovskite absorbers and their stability")
    assert together[0] == pytest.approx(alone, abs=1e-5)


def test_meaning_is_near(server: Server):
    q, near, far = server.embed("a cathode for sodium batteries", "positive electrode material for Na-ion cells", "the weather in Paris")
    assert dot(q, near) > dot(q, far) + 0.2


def test_base64_holds_the_same_numbers(server: Server):
    (plain,) = server.embed("MgO")
    (packed,) = server.embed("MgO", encoding_format="base64")
    assert list(struct.unpack("<384f", base64.b64decode(packed))) == pytest.approx(plain, abs=1e-7)


def test_many_askers_get_their_own_answers(server: Server):
    texts = [f"compound number {i} " + "long " * (i % 7) for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda t: server.embed(t)[0], texts))
    for got, want in zip(answers, server.embed(*texts), strict=True):
        assert got == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize(("body", "status", "param"), [
    ({"model": "text-embedding-ada-002", "input": "x"}, 404, "model"),
    ({"model": MODEL}, 400, "input"),
    ({"model": MODEL, "input": []}, 400, "input"),
    ({"model": MODEL, "input": ["x", ""]}, 400, "input"),
    ({"model": MODEL, "input": ["x", 3]}, 400, "input"),
    ({"model": MODEL, "input": "x" * 40_000}, 400, "input"),
    ({"model": MODEL, "input": "x", "encoding_format": "hex"}, 400, "encoding_format"),
    ({"model": MODEL, "input": "x", "dimensions": 3}, 400, "dimensions"),
    ([1], 400, None),
    (b"{broken", 400, None),
])
def test_bad_requests_name_the_field(server: Server, body: Any, status: int, param: str | None):
    got, answer = server.ask("/v1/embeddings", body)
    assert (got, answer["error"]["param"]) == (status, param)


def test_a_stranger_is_refused(server: Server):
    for path, body in (("/v1/embeddings", {"model": MODEL, "input": "x"}), ("/v1/models", None)):
        assert server.ask(path, body, token="another")[0] == 401
