"""`openim-cicd ledger`: what happened on the stages, when, by whom and why."""

from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Column, Table

from cli.console import out
from cli.place import project_root
from delivery.errors import Refused

if TYPE_CHECKING:
    from delivery.anchors import Anchors
    from model.ledger import Entry

app = typer.Typer(help="What happened on the stages, when, by whom and why.", no_args_is_help=True)


@app.command()
def show(
    stage: str = typer.Argument("", help="One stage; default: every one that has a ledger."),
    as_json: bool = typer.Option(False, "--json", help="Each entry as it is written, one line of JSON."),
) -> None:
    """The entries of the clone's ledgers, oldest first, and who approved what runs now."""
    from delivery.ledger import Ledger
    from model.account import account
    from model.ledger import line

    names = _named(stage)
    ledgers = {name: Ledger(project_root(), name).entries() for name in names}
    entries = sorted((one for found in ledgers.values() for one in found), key=lambda one: (one.at, one.stage, one.seq))
    if as_json:
        for one in entries:
            typer.echo(line(one), nl=False)
        return
    out.print(_table(entries))
    for name, found in ledgers.items():
        for told in account(found):
            out.print(f"{name}: {told}", markup=False)


@app.command()
def verify(
    stage: str = typer.Argument("", help="One stage; default: every one that has a ledger."),
    anchored: bool = typer.Option(False, "--anchored", help="Ask the registry too, which keeps each ledger's head."),
) -> None:
    """Hold the clone's ledgers against their hashes and signatures, offline; exit code 1 where one is not whole."""
    from delivery.ledger_check import check

    names = _named(stage)
    reports = [check(project_root(), name) for name in names]
    for one in reports:
        for told in one.lines:
            out.print(told, markup=False)
    whole = all(one.is_whole for one in reports)
    if anchored and whole:
        for name in names:
            out.print(_held(name), markup=False)
    raise typer.Exit(0 if whole else 1)


@app.command()
def anchor(
    stage: str = typer.Argument(help="The stage."),
    anew: bool = typer.Option(False, "--anew", help="Whatever was anchored before: after somebody has looked into it."),
) -> None:
    """Let the registry keep the head of the clone's ledger; each deployment does it by itself."""
    from delivery.ledger import Ledger

    [name] = _named(stage)
    kept = _anchors(name)
    made = kept.put(Ledger(project_root(), name).entries(), anew=anew)
    out.print(f"{kept.name} holds {made.entries} entries; head {made.head}", markup=False)


def _held(stage: str) -> str:
    """What the registry says to a ledger that is whole.

    Raises:
        Refused: it is another one's.
    """
    from delivery.ledger import Ledger

    kept = _anchors(stage)
    found = kept.hold(Ledger(project_root(), stage).entries())
    return f"{kept.name} agrees, up to line {found.entries}" if found else f"{kept.name} is not there: no anchor yet"


def _anchors(stage: str) -> "Anchors":
    from delivery.anchors import anchors

    found = anchors(project_root(), stage)
    if found is None:
        raise Refused(
            f"{stage} has no images (openim-cicd:application), and so no registry that keeps its ledger's head"
        )
    return found


def _named(stage: str) -> list[str]:
    """The stages that are asked about.

    Raises:
        Refused: it has no ledger.
    """
    from delivery.ledger import FOLDER

    known = sorted(file.stem for file in (project_root() / FOLDER).glob("*.jsonl"))
    if stage and stage not in known:
        raise Refused(f"{stage!r} has no ledger; known: {known}")
    return [stage] if stage else known


def _table(entries: "list[Entry]") -> Table:
    from model.fingerprint import SHORT
    from model.ledger import instant

    table = Table("at", "stage", "#", "what", "release", "fingerprint", "by", Column("why", overflow="fold"))
    for one in entries:
        why = "; ".join(one.reasons)
        cells = (one.release, one.fingerprint[:SHORT], one.actor.login, why)
        table.add_row(instant(one.at), one.stage, str(one.seq), one.kind.value, *(escape(cell) for cell in cells))
    return table
