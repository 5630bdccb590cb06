"""Random histories of two stages, many more than the tests play (tests/histories); about half an hour."""

import os
import subprocess
import sys
import time

from bench.machine import Machine
from cli.console import out
from delivery.errors import Refused

HISTORIES = 100_000


def measure(machine: Machine) -> dict[str, object]:
    """How many were played, and how long that took.

    Raises:
        Refused: one of them broke a promise of the gate's; with the shortest that does.
    """
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/histories"],
        cwd=machine.root,
        env={**os.environ, "HISTORIES": str(HISTORIES)},
        capture_output=True,
        text=True,
        timeout=3 * 3600,
        check=False,
    )
    if done.returncode:
        raise Refused(f"a history breaks a promise:\n{done.stdout[-4000:]}\n{done.stderr[-1000:]}")
    seconds = time.perf_counter() - began
    out.print(f"  {HISTORIES} histories, none breaks a promise; {seconds / HISTORIES * 1000:.1f} ms each")
    return {"histories": HISTORIES, "seconds": seconds}
