"""Random histories of two stages, more than the tests play: of a model world, and by people's commands at a machine."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping

from bench.machine import Machine
from cli.console import out
from delivery.errors import Refused

HISTORIES = 100_000
SEEDS, MOVES = (11, 12, 13, 14, 15), 60
PATIENCE = 3 * 3600
"""Seconds."""


def measure(machine: Machine) -> dict[str, object]:
    """How many were played with the gate alone (tests/histories), and how long that took; about half an hour.

    Raises:
        Refused: one of them broke a promise of the gate's; with the shortest that does.
    """
    seconds = _played(machine, "tests/histories", {"HISTORIES": str(HISTORIES)})
    out.print(f"  {HISTORIES} histories, none breaks a promise; {seconds / HISTORIES * 1000:.1f} ms each")
    return {"histories": HISTORIES, "seconds": seconds}


def by_commands(machine: Machine) -> dict[str, object]:
    """How many moves people made with commands (tests/e2e), and how long that took; about an hour.

    Raises:
        Refused: production ran what nobody let in, or a good change did not come in; with what was done.
    """
    seeds = {"HISTORY_SEEDS": " ".join(map(str, SEEDS)), "HISTORY_MOVES": str(MOVES)}
    seconds = _played(machine, "tests/e2e/test_whatever_happens.py", seeds)
    out.print(f"  {len(SEEDS)} histories of {MOVES} moves, none breaks a promise; {seconds / 60:.0f} min, demo and all")
    return {"seeds": SEEDS, "moves": MOVES, "seconds": seconds}


def _played(machine: Machine, tests: str, variables: Mapping[str, str]) -> float:
    """The seconds that some tests take."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", tests],
        cwd=machine.root,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise Refused(f"a history breaks a promise:\n{done.stdout[-8000:]}\n{done.stderr[-1000:]}")
    return time.perf_counter() - began
