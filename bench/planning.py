"""What saving a plan costs beside the engine's own preview that it contains, about production as it stands."""

import statistics
import time
from collections.abc import Callable

from bench.machine import Machine
from cli.console import out
from delivery.engine import Engine
from delivery.git import Clone
from delivery.planner import Planner
from delivery.stage import read_stage

STAGE = "prod"
PAIRS = 5
BUDGET = 1.15


def measure(machine: Machine) -> dict[str, object]:
    """The median of some pairs: a saved plan, and the preview alone, one after the other."""
    root = machine.root / ".sandbox" / "infrastructure"
    stage = read_stage(root, STAGE, machine.environment)
    if stage is None:
        return {}
    release, fingerprint = stage.release.id, stage.fingerprint
    engine, planner = Engine(root, machine.environment), Planner(Clone(root), machine.environment)
    ratios = [
        _seconds(lambda: planner.of_commit(STAGE, "HEAD", release, fingerprint)) / _seconds(lambda: engine.plan(STAGE))
        for _ in range(PAIRS)
    ]
    median = statistics.median(ratios)
    out.print(f"  saving a plan / the preview in it: {median:.2f} (median of {PAIRS}; budget {BUDGET})")
    return {"ratios": ratios, "median": median}


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
