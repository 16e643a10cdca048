"""A disk that is full: the checkpoint before stays whole, and the error says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# The limit on the size of a file stands for the full disk: it refuses the same
# writes, and needs no root. It is set in a process of its own.
CHILD = """
import resource, sys
from pathlib import Path
import numpy as np
from crystalyse_common.errors import ToolFault
from crystalyse_mace.checkpoint import Checkpoint
folder = Path(sys.argv[1])
kept = Checkpoint(folder, 1, "this")
kept.save({"step": np.array(5)})
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for _ in range(2):
    try:
        kept.save({"step": np.array(6), "positions": np.zeros((1000, 3))})
    except ToolFault as fault:
        print(fault.code, fault.suggestions[0])
"""


def test_full_disk_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    out = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines() == ["resource free some disk space or check the permissions of the state folder, then try again"] * 2
    after = subprocess.run([sys.executable, "-c", "import sys; from pathlib import Path; from crystalyse_mace.checkpoint import Checkpoint\n"
                            "print(int(Checkpoint(Path(sys.argv[1]), 2, 'this').load()['step']))", str(tmp_path)],
                           capture_output=True, text=True, check=True)
    assert after.stdout.strip() == "5", "the next attempt goes on from the last whole state"
    assert not list(tmp_path.glob(".tmp-*"))
