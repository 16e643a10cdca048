"""Run with the Python of the `ml` environment, pytest of `dev` on PYTHONPATH."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "common"), str(HERE.parents[1] / "mace" / "tests")]

from wire import Session, serve  # noqa: E402


@pytest.fixture(scope="session")
def chemeleon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One generator server for all tests; its models folder is empty until a test fills it."""
    state = tmp_path_factory.mktemp("generator")
    (state / "models").mkdir()
    os.environ["CRYSTALYSE_ARTIFACTS"] = str(state / "artifacts")
    with serve("chemeleon", state, CRYSTALYSE_MODELS=str(state / "models")) as session:
        yield session
