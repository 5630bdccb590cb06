"""`openim-cicd deploy`, `verify` and `rollback`: what they print while they work and when they are done."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.console import duration, out, say
from cli.place import project_root, sandbox_root
from cli.status import write_page
from delivery import deploy as deploying
from delivery import rollback as going_back
from delivery.deployment import Ending, Result
from delivery.errors import Refused
from delivery.workplace import Journal, Workplace
from model.problems import SettingsError

PAGE = "status.html"


def deploy(stage: str, release: str) -> bool:
    """Deploy and print; whether nobody has to do anything."""
    return _run(lambda place: deploying.deploy(place, stage, release)).ending.is_good


def verify(stage: str, *, roll_back: bool) -> bool:
    """Verify and print."""
    return _run(lambda place: deploying.verify(place, stage, roll_back=roll_back)).ending.is_good


def rollback(stage: str, release: str) -> bool:
    """Go back and print; whether the stage is back."""
    return _run(lambda place: going_back.rollback(place, stage, release)).ending is Ending.ROLLED_BACK


def workplace(show: Callable[[str, int, str], None] = lambda *_: None) -> Workplace:
    """The checkout that the user stands in; ``show`` is told an update's progress."""
    return Workplace(project_root(), dict(os.environ), Journal(say, show), _logs())


def _run(operation: Callable[[Workplace], Result]) -> Result:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task("")

        def show(phase: str, count: int, last: str) -> None:
            bar.update(task, description=f"{phase}: {count} resources, last {last}")

        place = workplace(show)
        result = operation(place)
    _summary(result, place.journal)
    with suppress(Refused, SettingsError):
        _page(place)
    return result


def _summary(result: Result, journal: Journal) -> None:
    if journal.phases:
        out.print(
            "Where the time went: " + ", ".join(f"{name} {duration(seconds)}" for name, seconds in journal.phases)
        )
    out.print(f"[bold]{result.ending}[/bold]: ", end="")
    out.print(result.text, markup=False)


def _page(place: Workplace) -> None:
    """The picture as it is now, for whoever keeps it (the deploy job does, as an artifact)."""
    write_page(place.root / PAGE)


def _logs() -> Path:
    """The sandbox's folder of logs where it is in use, else one that git ignores."""
    folder = sandbox_root() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
