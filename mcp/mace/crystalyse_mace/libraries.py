"""Heavy libraries, imported once and by one thread.

Two threads that import pymatgen at the same time meet half-initialized modules.
The server answers at once; tools wait here for what they need.
"""

from __future__ import annotations

import importlib
import threading

NAMES = (
    "pymatgen.core", "pymatgen.analysis.structure_matcher", "pymatgen.io.ase", "pymatgen.io.cif", "pymatgen.symmetry.analyzer", "ase.build",
    "spglib",
)
_lock = threading.Lock()


def load() -> None:
    """Import them, or wait until the thread that does has finished."""
    with _lock:
        for name in NAMES:
            importlib.import_module(name)
