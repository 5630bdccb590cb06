"""Random histories by people's commands at a machine of their own, more than the tests play; about an hour."""

import os
import subprocess
import sys
import time

from bench.machine import Machine
from cli.console import out
from delivery.errors import Refused

SEEDS = (11, 12, 13, 14, 15)
MOVES = 60


def measure(machine: Machine) -> dict[str, object]:
    """How many moves were made, and how long that took.

    Raises:
        Refused: production ran what nobody let in, or a good change did not come in; with what was done.
    """
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/e2e/test_whatever_happens.py"],
        cwd=machine.root,
        env={**os.environ, "HISTORY_SEEDS": " ".join(map(str, SEEDS)), "HISTORY_MOVES": str(MOVES)},
        capture_output=True,
        text=True,
        timeout=3 * 3600,
        check=False,
    )
    if done.returncode:
        raise Refused(f"a history breaks a promise:\n{done.stdout[-8000:]}\n{done.stderr[-1000:]}")
    seconds = time.perf_counter() - began
    out.print(f"  {len(SEEDS)} histories of {MOVES} moves, none breaks a promise; {seconds / 60:.0f} min, demo and all")
    return {"seeds": SEEDS, "moves": MOVES, "seconds": seconds}
