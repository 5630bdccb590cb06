"""`openim-cicd status`: the picture in the terminal, as HTML or as JSON."""

import dataclasses
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from cli.console import out
from cli.place import project_root
from delivery.files import replace_file
from delivery.status import Inquiry
from model.ledger import Entry, instant
from model.status import EVENTS, Journey, StageView, State, Status, age
from model.status_page import page

COLOURS = {
    State.GOOD: "green",
    State.BUSY: "blue",
    State.WAITING: "yellow",
    State.BAD: "red",
    State.UNKNOWN: "magenta",
    State.NONE: "dim",
}
MARKS = {State.GOOD: "●", State.BUSY: "◐", State.WAITING: "◷", State.BAD: "✗", State.UNKNOWN: "?", State.NONE: "·"}


def show(*, why: bool, html: Path | None, as_json: bool) -> None:
    """Ask everything that answers, and print it or write it down."""
    status = _asked(EVENTS * 3 if why else EVENTS)
    if html:
        replace_file(html, page(status))
    if as_json:
        print(json.dumps(dataclasses.asdict(status), default=_plain, indent=2))
        return
    _print(status, why=why)
    if html:
        out.print(f"written: {html}", markup=False)


def write_page(file: Path) -> None:
    """Write the picture down as HTML."""
    replace_file(file, page(_asked(EVENTS)))


def _asked(events: int) -> Status:
    return Inquiry(project_root(), dict(os.environ)).status(events)


def _print(status: Status, *, why: bool) -> None:
    out.print(_stages(status))
    for stage in status.stages:
        _print_waiting(stage)
    if status.journeys:
        out.print(_journeys(status, why=why))
    for title, url in status.links.items():
        out.print(f"{title}: {url}", markup=False)
    if why:
        out.print(_events(status))
    for one in status.unknown:
        out.print("[magenta]could not be asked:[/magenta] ", end="")
        out.print(one, markup=False)


def _stages(status: Status) -> Table:
    table = Table("stage", Column("runs", overflow="fold"), "since", "state", "cluster")
    for one in status.stages:
        since = f"{age(one.since, status.at)} ago" if one.since else ""
        state = Text(f"{MARKS[one.state]} {one.word}", COLOURS[one.state])
        table.add_row(
            one.name, Text(one.release or "-"), since, state, Text(one.cluster.text, COLOURS[one.cluster.state])
        )
    return table


def _print_waiting(stage: StageView) -> None:
    if stage.emergency:
        out.print(f"{stage.name}: {stage.emergency}", style="bold red", markup=False)
    if stage.frozen:
        out.print(f"{stage.name}: {stage.frozen}", style="yellow", markup=False)
    if stage.waiting:
        verb = "waits for" if stage.waiting.proposed else "could take"
        out.print(f"{stage.name} {verb} {stage.waiting.release}:", markup=False)
        for reason in stage.waiting.reasons or ("nothing stands against it",):
            out.print(f"  - {reason}", markup=False)
        for step in stage.waiting.next_steps:
            out.print(f"  next: {step}", style="bold", markup=False)


def _journeys(status: Status, *, why: bool) -> Table:
    table = Table(Column("release", overflow="fold"), "its way", title="Ways of releases", title_justify="left")
    for one in status.journeys:
        table.add_row(Text(one.release), _way(one, status.at, why=why))
    return table


def _way(journey: Journey, now: datetime, *, why: bool) -> Text:
    text = Text()
    for step in journey.steps:
        if text:
            text.append("\n" if why else "  ")
        when = f" {age(step.at, now)} ago" if step.at else ""
        said = f" {step.text}" if why and step.text else ""
        text.append(
            f"{MARKS[step.state]} {step.title}{said}{when}",
            COLOURS[step.state],
        )
    return text


def _events(status: Status) -> Table:
    table = Table("at", "stage", "what", "who", "why", title="Newest entries", title_justify="left")
    for one in status.events:
        what = Text(f"{one.kind.value} {one.release}".strip())
        table.add_row(instant(one.at), one.stage, what, Text(one.actor.login), Text("; ".join(one.reasons)))
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, Entry):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        return instant(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
