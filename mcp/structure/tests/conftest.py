"""The server under test, and this process, share a state folder; it is spoken to through the official client."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "common"), str(HERE.parents[1] / "mace" / "tests"), str(HERE.parents[1] / "references")]

from wire import Session, serve  # noqa: E402


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One server for all tests."""
    state = tmp_path_factory.mktemp("state")
    os.environ["CRYSTALYSE_ARTIFACTS"] = str(state / "artifacts")
    with serve("structure", state) as session:
        yield session
