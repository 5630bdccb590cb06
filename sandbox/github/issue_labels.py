"""Labels on issues and pull requests. A name that the repository does not have yet becomes a label, as on GitHub."""

from typing import Any

from sandbox.github import find, labels, thread_events, threads, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Call, Routes
from sandbox.github.errors import RefusalError, invalid
from sandbox.github.pagination import page
from sandbox.github.store import Row

routes = Routes()

PATH = "/repos/{owner}/{repo}/issues/{number:int}/labels"
MOST = 100
"""Labels of one issue."""


@routes.add("GET", PATH)
def list_labels(call: Call) -> Answer:
    """By name."""
    repository = find.repository(call)
    return page(call, _views(call, repository, _thread(call, repository)))


@routes.add("POST", PATH)
def add_labels(call: Call) -> Answer:
    """Besides those that are there."""
    repository = find.writable(call, Role.TRIAGE)
    thread = _thread(call, repository)
    present = [label["name"] for label in threads.label_rows(call.db, thread)]
    set_to(call, repository, thread, [*present, *_written(call)])
    return Answer(_views(call, repository, thread))


@routes.add("PUT", PATH)
def set_labels(call: Call) -> Answer:
    """Instead of those that are there."""
    repository = find.writable(call, Role.TRIAGE)
    thread = _thread(call, repository)
    set_to(call, repository, thread, _written(call))
    return Answer(_views(call, repository, thread))


@routes.add("DELETE", PATH)
def remove_labels(call: Call) -> Answer:
    """All of them."""
    repository = find.writable(call, Role.TRIAGE)
    set_to(call, repository, _thread(call, repository), [])
    return NO_CONTENT


@routes.add("DELETE", PATH + "/{name:path}")
def remove_label(call: Call) -> Answer:
    """One of them; the rest is the answer."""
    repository = find.writable(call, Role.TRIAGE)
    thread = _thread(call, repository)
    present = [label["name"] for label in threads.label_rows(call.db, thread)]
    kept = [name for name in present if name.lower() != call.parameters["name"].lower()]
    if len(kept) == len(present):
        raise RefusalError(404, "Label does not exist")
    set_to(call, repository, thread, kept)
    return Answer(_views(call, repository, thread))


def _thread(call: Call, repository: Row) -> Row:
    return threads.by_number(call.db, repository, call.parameters["number"])


def _views(call: Call, repository: Row, thread: Row) -> list[views.Json]:
    return [labels.view(call.world, repository, row) for row in threads.label_rows(call.db, thread)]


def _written(call: Call) -> list[str]:
    """``{"labels": [...]}`` or the bare list."""
    written = call.data.get("labels") if isinstance(call.data, dict) else call.data
    if not isinstance(written, list):
        raise invalid("Label", "labels", "missing_field")
    return names(written)


def names(written: list[Any]) -> list[str]:
    """The names of labels, written as text or as objects with a ``name``.

    Raises:
        RefusalError: 422, something else was written.
    """
    found = [item.get("name") if isinstance(item, dict) else item for item in written]
    if not all(isinstance(name, str) and 0 < len(name) <= labels.LONGEST_NAME for name in found):
        raise invalid("Label", "name")
    return [str(name) for name in found]


def set_to(call: Call, repository: Row, thread: Row, wanted: list[str]) -> None:
    """Make these, and only these, the thread's labels; tell of each difference."""
    before = {label["id"]: label for label in threads.label_rows(call.db, thread)}
    call.db.run("DELETE FROM thread_labels WHERE thread_id = ?", thread["id"])
    put(call, repository, thread, wanted)
    after = {label["id"]: label for label in threads.label_rows(call.db, thread)}
    if before.keys() != after.keys():
        thread = threads.change(call.db, thread)
        announce(call, repository, thread, "unlabeled", [row for key, row in before.items() if key not in after])
        announce(call, repository, thread, "labeled", [row for key, row in after.items() if key not in before])


def put(call: Call, repository: Row, thread: Row, wanted: list[str]) -> None:
    """Attach labels, silently."""
    for name in dict.fromkeys(wanted):
        label_id = labels.ensure(call.db, repository["id"], name)
        call.db.run("INSERT OR IGNORE INTO thread_labels VALUES (?, ?)", thread["id"], label_id)


def announce(call: Call, repository: Row, thread: Row, action: str, rows: list[Row]) -> None:
    """Tell of labels that were attached or taken off: an event for each."""
    for row in rows:
        thread_events.tell(call, repository, thread, action, label=labels.view(call.world, repository, row))
