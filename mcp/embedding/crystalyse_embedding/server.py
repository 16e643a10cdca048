"""POST /v1/embeddings as OpenAI words it, on the loopback, for bearers of the token."""

from __future__ import annotations

import asyncio
import base64
import hmac
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .batching import Batcher, Vectors

MAX_INPUTS = 2048
MAX_CHARS = 32_000  # of one text; the model reads the first 256 tokens anyway
MAX_BODY = 16 << 20
NAME = "all-MiniLM-L6-v2"


class Refused(Exception):
    """A request that cannot be answered, with the field it is about."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None):
        """Keep what the answer says."""
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param


def parse(body: Any) -> tuple[list[str], str]:
    """The texts and the encoding of a request."""
    if not isinstance(body, dict):
        raise Refused(400, "invalid_body", "the body is not a JSON object")
    if body.get("model") != NAME:
        raise Refused(404, "model_not_found", f"the only model here is {NAME}", "model")
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not 1 <= len(texts) <= MAX_INPUTS:
        raise Refused(400, "invalid_input", f"give one text, or a list of 1 to {MAX_INPUTS}", "input")
    for i, t in enumerate(texts):
        if not isinstance(t, str) or not t.strip() or len(t) > MAX_CHARS:
            raise Refused(400, "invalid_input", f"input {i} is not a text of 1 to {MAX_CHARS} characters", "input")
    encoding = body.get("encoding_format", "float")
    if encoding not in ("float", "base64"):
        raise Refused(400, "invalid_encoding", "encoding_format is float or base64", "encoding_format")
    if body.get("dimensions", 384) != 384:
        raise Refused(400, "invalid_dimensions", "this model has 384 dimensions", "dimensions")
    return texts, encoding


def shape(vector: list[float], encoding: str) -> list[float] | str:
    """A vector as the request wants it."""
    if encoding == "float":
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


class Server:
    """The web application round one model."""

    def __init__(self, token: str):
        """Keep the token; the model is loaded after the port is open."""
        self.token = token
        self.batcher = Batcher(self._compute)
        self.model: Any = None

    def _compute(self, texts: list[str]) -> Vectors:
        if self.model is None:
            from .model import MiniLM

            self.model = MiniLM()
        vectors, tokens = self.model.embed(texts)
        return vectors.tolist(), tokens

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(self.batcher.run())
        warm = asyncio.create_task(self.batcher.ask(["warm"]))  # loads the weights now, not in the first question
        yield
        work.cancel()
        warm.cancel()

    def _check(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise Refused(401, "invalid_api_key", "the token of this start is needed")

    async def embeddings(self, request: Request) -> JSONResponse:
        """Answer one request."""
        self._check(request)
        if int(request.headers.get("content-length") or MAX_BODY + 1) > MAX_BODY:
            raise Refused(413, "too_large", f"the body exceeds {MAX_BODY} bytes")
        try:
            body = await request.json()
        except ValueError:
            raise Refused(400, "invalid_body", "the body is not JSON") from None
        texts, encoding = parse(body)
        answers = await self.batcher.ask(texts)
        used = sum(n for _, n in answers)
        data = [{"object": "embedding", "index": i, "embedding": shape(v, encoding)} for i, (v, _) in enumerate(answers)]
        return JSONResponse({"object": "list", "data": data, "model": NAME, "usage": {"prompt_tokens": used, "total_tokens": used}})

    async def models(self, request: Request) -> JSONResponse:
        """List the one model."""
        self._check(request)
        return JSONResponse({"object": "list", "data": [{"id": NAME, "object": "model", "owned_by": "sentence-transformers"}]})

    async def health(self, _: Request) -> JSONResponse:
        """Tell whether the weights are loaded."""
        return JSONResponse({"ready": self.model is not None, "model": NAME}, 200 if self.model is not None else 503)

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[Route("/v1/embeddings", self.embeddings, methods=["POST"]), Route("/v1/models", self.models), Route("/healthz", self.health)],
            exception_handlers={Refused: _refused}, lifespan=self._life,
        )


def _refused(_: Request, exc: Exception) -> JSONResponse:
    if not isinstance(exc, Refused):
        raise exc
    kind = "authentication_error" if exc.status == 401 else "invalid_request_error"
    return JSONResponse({"error": {"message": exc.message, "type": kind, "param": exc.param, "code": exc.code}}, exc.status)
