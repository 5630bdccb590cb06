"""How long `openim-cicd demo` takes with the toolchain built: from a sandbox that is down, then once more."""

import re
import subprocess
import sys
import time
from pathlib import Path

from bench.machine import Machine
from cli import world
from cli.console import out
from delivery.errors import Refused

WARM, AGAIN, READY = 90.0, 30.0, 5.0
"""Seconds: the budgets of a start from a sandbox that is down, of a second run, of an API server."""


def measure(_: Machine) -> dict[str, object]:
    """Seconds of both runs, what the second one changed, and how long each API server took to be ready."""
    _run("sandbox", "stop")
    warm, _said = _run("demo")
    ready = {name: one.ready for name, one in world.services()[0].items() if name.startswith("kube-apiserver")}
    again, said = _run("demo")
    changes = sum(int(count) for count in re.findall(r"│ *\d+ │ *(\d+) *│", said))
    _show("demo from a sandbox that is down", warm, WARM)
    _show("demo again", again, AGAIN)
    out.print(f"  demo again changed {changes} resources")
    for name, seconds in ready.items():
        _show(f"{name} ready", seconds, READY)
    return {"warm_seconds": warm, "again_seconds": again, "again_changes": changes, "ready_seconds": ready}


def _show(what: str, seconds: float, budget: float) -> None:
    out.print(f"  {what:40} {seconds:6.1f} s = {seconds / budget:.2f} x the budget of {budget:.0f} s")


def _run(*arguments: str) -> tuple[float, str]:
    started = time.monotonic()
    command = [str(Path(sys.prefix) / "bin" / "openim-cicd"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"openim-cicd {' '.join(arguments)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return time.monotonic() - started, done.stdout
