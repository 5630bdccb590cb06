"""Waiting for what others do: with a limit, and with what was last seen in the message when it passes."""

import time
from collections.abc import Callable
from typing import TypeVar

from delivery.errors import Refused

T = TypeVar("T")

INTERVAL = 0.3
"""Seconds between two looks."""


def until(what: str, look: Callable[[], T | None], seconds: float, where: str) -> T:
    """The first thing that ``look`` finds.

    Args:
        what: what is waited for, as a noun: ``the images of 1a2b3c4``.
        look: gives None while it is not there.
        seconds: how long to wait.
        where: where to see why it did not come.

    Raises:
        Refused: it did not come in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise Refused(f"{what} did not come within {seconds:.0f} s; look into {where}, then run `make demo` again")
        time.sleep(INTERVAL)
