"""Run with the Python of the `ml` environment, pytest of `dev` on PYTHONPATH."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "common"), str(HERE.parents[1] / "chemeleon"), str(HERE.parents[1] / "references")]

from wire import Session, serve  # noqa: E402


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder; the tests of this process store and load structures there too."""
    folder = tmp_path_factory.mktemp("state")
    os.environ["CRYSTALYSE_ARTIFACTS"] = str(folder / "artifacts")
    return folder


@pytest.fixture(scope="session")
def mace(state: Path) -> Iterator[Session]:
    """One potential server for all tests that do not harm it."""
    with serve("mace", state) as session:
        yield session
