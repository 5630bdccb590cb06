"""What follows a change of refs, pushed or made through the API: the time of it, and push events for the webhooks."""

from collections.abc import Sequence

from sandbox.github import views
from sandbox.github.accounts import Actor, Role
from sandbox.github.courier import enqueue
from sandbox.github.git import Update, push_events
from sandbox.github.store import Database, Row, load, now
from sandbox.github.world import ORGANIZATION, World


def announce(world: World, db: Database, repository: Row, updates: Sequence[Update], actor: Actor) -> None:
    """Record the push and queue its events; the caller wakes the courier."""
    db.update("repositories", repository["id"], pushed_at=now())
    hooks = db.all("SELECT * FROM hooks WHERE repository_id = ? AND active", repository["id"])
    listening = [hook for hook in hooks if {"push", "*"} & set(load(hook["events"]))]
    if not listening:
        return
    context = _context(world, db, repository, actor)
    for event in push_events(updates, f"{world.base}/{ORGANIZATION}/{repository['name']}"):
        for hook in listening:
            enqueue(db, hook, "push", {**event, **context})


def _context(world: World, db: Database, repository: Row, actor: Actor) -> views.Json:
    account = db.one("SELECT * FROM accounts WHERE id = ?", actor.id) or {}
    return {
        "repository": views.full_repository(world, db, repository, Role.ADMIN)
        | {"master_branch": load(repository["settings"])["default_branch"], "organization": ORGANIZATION},
        "organization": views.organization(world, db),
        "pusher": {"name": account["login"], "email": account["email"]},
        "sender": views.user(world, account),
    }
