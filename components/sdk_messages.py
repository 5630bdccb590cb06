"""The SDK's messages about its own doings, which the engine shows with ``--debug`` and else throws away."""

from collections.abc import Mapping

import pulumi

WANTED = "OPENIM_CICD_DEBUG"
"""The environment variable that lets them through, for whoever looks for a fault in the SDK."""


def leave_out(environment: Mapping[str, str]) -> None:
    """Send none from here on, unless they are wanted; what this program and its resources say goes out as ever.

    Each is a call to the engine that the whole program waits for, about seven for a resource: a third of the time
    that the preview of a large stack takes (pulumi/pulumi#7292 has measured it too). The engine's own messages, and
    the plugins', do not pass here.
    """
    if not environment.get(WANTED):
        setattr(pulumi.log, "debug", _unsent)  # noqa: B010 - to a type checker, functions of a module are not assigned


def _unsent(*_: object, **__: object) -> None:
    pass
