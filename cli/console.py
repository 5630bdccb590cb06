"""What the user sees: one console, steps with their duration, errors in one form."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Steps:
    """Long work as a list of steps, each with what it took."""

    taken: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, time it, and say that it is done."""
        out.print(f"[bold]→ {title}[/bold]")
        started = time.monotonic()
        yield
        seconds = time.monotonic() - started
        self.taken.append((title, seconds))
        out.print(f"  [green]done[/green] in {duration(seconds)}")


def say(line: str) -> None:
    """A line of detail inside a step."""
    out.print(f"  {line}", style="dim", markup=False)


def say_aside(line: str) -> None:
    """The same on standard error, where standard output is for a program to read."""
    err.print(f"  {line}", style="dim", markup=False)


def duration(seconds: float) -> str:
    """``75.2`` as ``1m15s``; below a minute with one decimal."""
    return f"{seconds:.1f}s" if seconds < 60 else f"{int(seconds) // 60}m{int(seconds) % 60:02d}s"
