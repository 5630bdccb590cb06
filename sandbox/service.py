"""What one process of the sandbox is, as the supervisor starts it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Tool = Callable[[str], Path]
"""Gives the executable of a tool by its name, e.g. ``tool("etcd")``."""


@dataclass(frozen=True)
class Service:
    """One process, and how to see that it is ready."""

    name: str
    """Unique, e.g. ``kube-apiserver-prod``; also the name of its log."""
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    """A cheap probe; False while not ready, never raises."""
    after: tuple[str, ...] = ()
    """Services that must be ready before this one starts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to a minimal environment (PATH, HOME, LANG)."""
