"""Time inside a pod, which runs faster than outside.

Probe periods, back-offs and the seconds in an image's labels are all divided by one factor, so that what comes
before what stays as in a real cluster. Controllers (``minReadySeconds``, ``progressDeadlineSeconds``) keep real time.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Callable

COMPRESSION = 10.0
"""One real second is this many seconds in a pod."""


async def sleep(seconds: float) -> None:
    """Let ``seconds`` of a pod's time pass."""
    await asyncio.sleep(seconds / COMPRESSION)


def now() -> str:
    """This moment as Kubernetes writes it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def since(moment: str) -> float:
    """How much of a pod's time has passed since ``moment``; never negative."""
    passed = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(moment)
    return max(passed.total_seconds(), 0.0) * COMPRESSION


async def forever() -> None:
    """Wait for a cancellation."""
    await asyncio.Event().wait()


def stopwatch(already: float = 0.0) -> Callable[[], float]:
    """Start counting a pod's seconds, from ``already`` on."""
    begin = time.monotonic()
    return lambda: already + (time.monotonic() - begin) * COMPRESSION
