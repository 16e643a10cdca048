"""The reference tables, read in this process; run with the Python of the `light` environment."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "common"), str(HERE.parents[1] / "mace" / "tests")]
