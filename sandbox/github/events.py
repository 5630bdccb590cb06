"""Events: what happened, told to the webhooks that subscribed and kept for those who start workflows.

Only what happened inside the transaction is told: a change that is rolled back never was. The caller wakes the courier.
"""

from sandbox.github import views
from sandbox.github.accounts import Actor
from sandbox.github.courier import enqueue
from sandbox.github.store import Database, Row, dump, load, now
from sandbox.github.world import ORGANIZATION, World


def emit(  # noqa: PLR0917 - where, then what: read as one sentence
    db: Database, world: World, repository: Row | None, event: str, action: str | None, payload: views.Json
) -> None:
    """Queue deliveries to the repository's hooks and record the event.

    Args:
        db: The transaction in which it happened.
        world: The surroundings.
        repository: Where it happened; None for the organisation's own events, which no repository's hook hears.
        event: The name in the X-GitHub-Event header.
        action: The payload's ``action``; None for events that have none, such as push.
        payload: What is particular to the event, and its ``sender``; ``repository`` and ``organization`` are added
            unless it has its own.
    """
    told = ({"action": action} if action is not None else {}) | _place(db, world, repository) | payload
    for hook in _listening(db, repository, event):
        enqueue(db, hook, event, told)
    db.insert(
        "events",
        repository_id=repository["id"] if repository else None,
        event=event,
        action=action,
        payload=dump(told),
        created_at=now(),
    )


def _listening(db: Database, repository: Row | None, event: str) -> list[Row]:
    if repository is None:
        return []
    hooks = db.all("SELECT * FROM hooks WHERE repository_id = ? AND active ORDER BY id", repository["id"])
    return [hook for hook in hooks if {event, "*"} & set(load(hook["events"]))]


def _place(db: Database, world: World, repository: Row | None) -> views.Json:
    of_organization = repository is None or repository["owner"] == ORGANIZATION
    inside = {"organization": views.organization(world, db)} if of_organization else {}
    return inside | ({"repository": views.told_repository(world, db, repository)} if repository else {})


def sender(db: Database, world: World, actor: Actor) -> views.Json:
    """``sender``: whose doing an event was."""
    return {"sender": views.user(world, db.one("SELECT * FROM accounts WHERE id = ?", actor.id) or {})}
