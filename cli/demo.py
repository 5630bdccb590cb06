"""`openim-cicd demo`: from nothing to three running stacks, and one change's way through them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from cli import organisation, world
from cli.console import Steps, duration, out, say
from cli.journey import journey
from cli.place import project_root, sandbox_root
from cli.stacks import NAMES
from delivery.engine import Engine
from delivery.engine_words import Outcome, UpdateError
from delivery.errors import Refused
from toolchain.everything import provide_all

ORGANIZATION = "shared"
"""The stack that declares the infrastructure repository, from which the others are deployed."""
HELD = (
    "The sandbox's gate is the real one: what runs there was approved with other code or settings than these.\n"
    "To begin anew: openim-cicd sandbox reset"
)
NEXT = (
    ('eval "$(make -s env)" && pulumi preview -s prod --diff', "what production would change: nothing"),
    (
        "cd .sandbox/infrastructure && openim-cicd status --why",
        "what runs where since when, what waits for whom and why",
    ),
    ("make down", "stop it all; `make demo` goes on from here"),
)


def run() -> None:
    """Build what is missing, start the sandbox, bring up shared, staging and prod; then one change's way, once."""
    steps = Steps()
    with steps.step("toolchain"):
        engine = provide_all(say)
        say(f"engine: {engine.pulumi} ({engine.origin})")
    with steps.step("sandbox"):
        variables = world.bring_up(engine)
    outcomes = [_brought_up(ORGANIZATION, project_root(), variables, steps)]
    with steps.step("the project becomes the organisation's infrastructure repository"):
        folder = organisation.bring_up_to_date(variables)
    outcomes += [_brought_up(name, folder, variables, steps) for name in NAMES if name != ORGANIZATION]
    journey.go(folder, variables, steps)
    _summary(outcomes, steps)


def _brought_up(name: str, folder: Path, variables: Mapping[str, str], steps: Steps) -> Outcome:
    with steps.step(f"pulumi up --stack {name}"):
        try:
            return _up(Engine(folder, variables), name)
        except UpdateError as error:
            if f"{name} refuses" in str(error):
                raise Refused(f"{error}\n{HELD}") from None
            raise


def _up(stacks: Engine, name: str) -> Outcome:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task(name)
        log = sandbox_root() / "logs" / f"up-{name}.log"

        def show(done: int, last: str) -> None:
            progress.update(task, description=f"{done} resources, last {last}")

        return stacks.up(name, log, show, say)


def _summary(outcomes: Iterable[Outcome], steps: Steps) -> None:
    table = Table("stack", "resources", "changes", "duration", Column("addresses", overflow="fold"))
    for outcome in outcomes:
        addresses = "\n".join(world.addresses(outcome.stack))
        table.add_row(outcome.stack, str(outcome.resources), str(outcome.changes), duration(outcome.seconds), addresses)
    out.print(table)
    out.print("Where the time went: " + ", ".join(f"{title} {duration(seconds)}" for title, seconds in steps.taken))
    out.print("Containers do not run in the sandbox; everything up to them is real. Try next:")
    for command, meaning in NEXT:
        out.print(f"  [bold]{command}[/bold]  # {meaning}")
