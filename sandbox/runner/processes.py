"""Finds every process of a job, wherever it has gone, by the mark in its environment, and ends it.

Steps run in sessions of their own, so no process group holds them all.
"""

import hashlib
import os
import signal
import time
from pathlib import Path

MARK = "RUNNER_TRACKING_ID"
"""GitHub's runner finds leftovers by the same variable."""
GRACE = 2.0
"""Seconds between the polite and the final signal."""


def mark_of(root: Path) -> str:
    """What the marks of all jobs of the runner with this folder begin with: other runners may be on this machine."""
    return hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]


def marked(prefix: str) -> list[int]:
    """The processes whose mark starts with ``prefix``, this one excepted."""
    wanted = f"{MARK}={prefix}".encode()
    return [number for path in Path("/proc").glob("[0-9]*") if (number := int(path.name)) != os.getpid()
            and any(entry.startswith(wanted) for entry in _environment(path))]  # fmt: skip


def _environment(path: Path) -> list[bytes]:
    try:
        return (path / "environ").read_bytes().split(b"\0")
    except OSError:
        return []  # it ended meanwhile, or is somebody else's


def end_all(prefix: str) -> None:
    """End them: asked first, then made to."""
    deadline = time.monotonic() + GRACE
    _signal(prefix, signal.SIGTERM)
    while marked(prefix) and time.monotonic() < deadline:
        time.sleep(0.05)
    while marked(prefix) and time.monotonic() < deadline + GRACE:
        _signal(prefix, signal.SIGKILL)
        time.sleep(0.02)


def _signal(prefix: str, sign: signal.Signals) -> None:
    for number in marked(prefix):
        try:
            os.kill(number, sign)
        except ProcessLookupError:
            continue
