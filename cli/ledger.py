"""`openim-cicd ledger`: what happened on the stages, when, by whom and why."""

from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Column, Table

from cli.console import out
from cli.place import project_root
from delivery.errors import Refused

if TYPE_CHECKING:
    from model.ledger import Entry

app = typer.Typer(help="What happened on the stages, when, by whom and why.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `show` a command of its own while it is the only one."""


@app.command()
def show(
    stage: str = typer.Argument("", help="One stage; default: every one that has a ledger."),
    as_json: bool = typer.Option(False, "--json", help="Each entry as it is written, one line of JSON."),
) -> None:
    """The entries of the clone's ledgers, oldest first."""
    from delivery.ledger import FOLDER, Ledger, line

    known = sorted(file.stem for file in (project_root() / FOLDER).glob("*.jsonl"))
    if stage and stage not in known:
        raise Refused(f"{stage!r} has no ledger; known: {known}")
    entries = [one for name in ([stage] if stage else known) for one in Ledger(project_root(), name).entries()]
    entries.sort(key=lambda one: (one.at, one.stage, one.seq))
    if as_json:
        for one in entries:
            typer.echo(line(one), nl=False)
    else:
        out.print(_table(entries))


def _table(entries: "list[Entry]") -> Table:
    from model.fingerprint import SHORT
    from model.ledger import instant

    table = Table("at", "stage", "#", "what", "release", "fingerprint", "by", Column("why", overflow="fold"))
    for one in entries:
        why = "; ".join(one.reasons)
        cells = (one.release, one.fingerprint[:SHORT], one.actor.login, why)
        table.add_row(instant(one.at), one.stage, str(one.seq), one.kind.value, *(escape(cell) for cell in cells))
    return table
