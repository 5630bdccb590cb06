"""What follows a change of refs, pushed or made through the API: the time of it, and push events for the webhooks."""

from collections.abc import Sequence

from sandbox.github import views
from sandbox.github.accounts import Actor
from sandbox.github.events import emit, sender
from sandbox.github.git import Update, push_events
from sandbox.github.pull_following import follow
from sandbox.github.rules import HEADS, TAGS
from sandbox.github.store import Database, Row, dump, load, now
from sandbox.github.world import World


def announce(world: World, db: Database, repository: Row, updates: Sequence[Update], actor: Actor) -> None:
    """Record the push and queue its events; the caller wakes the courier."""
    db.update("repositories", repository["id"], pushed_at=now())
    _adopt_first_branch(world, db, repository, updates)
    context = _context(world, db, repository, actor)
    for event in push_events(updates, f"{world.base}/{repository['full_name']}"):
        emit(db, world, repository, "push", None, {**event, **context})
    _announce_refs(world, db, repository, updates, actor)
    follow(world, db, repository, updates, actor)


KINDS = {HEADS: "branch", TAGS: "tag"}


def _announce_refs(world: World, db: Database, repository: Row, updates: Sequence[Update], actor: Actor) -> None:
    """The events ``create`` and ``delete`` of branches and tags."""
    settings = load(repository["settings"])
    for update in updates:
        prefix = next((start for start in KINDS if update.ref.startswith(start)), None)
        if prefix and (update.created or update.deleted):
            told = {"ref": update.ref.removeprefix(prefix), "ref_type": KINDS[prefix], "pusher_type": "user"}
            about = {"master_branch": settings["default_branch"], "description": settings["description"]}
            payload = told | (about if update.created else {}) | sender(db, world, actor)
            emit(db, world, repository, "create" if update.created else "delete", None, payload)


def latest(world: World, db: Database, repository: Row, actor: Actor) -> views.Json | None:
    """The push event of the default branch's newest commit, for a hook's test; None in an empty repository."""
    ref, git = HEADS + load(repository["settings"])["default_branch"], world.repositories
    tip = git.head(repository["git_name"], ref)
    if tip is None:
        return None
    parents = git.commits(repository["git_name"], tip, limit=1)[0].parents
    update = git.update(repository["git_name"], ref, parents[0] if parents else None, tip)
    [event] = push_events([update], f"{world.base}/{repository['full_name']}")
    return {**event, "organization": views.organization(world, db), **_context(world, db, repository, actor)}


def _adopt_first_branch(world: World, db: Database, repository: Row, updates: Sequence[Update]) -> None:
    """The first branch of an empty repository becomes its default branch, whatever its name."""
    settings, name = load(repository["settings"]), repository["git_name"]
    made = [update.ref.removeprefix(HEADS) for update in updates if update.created and update.ref.startswith(HEADS)]
    if made and settings["default_branch"] not in world.repositories.branches(name):
        world.repositories.set_default_branch(name, made[0])
        db.update("repositories", repository["id"], settings=dump(settings | {"default_branch": made[0]}))


def _context(world: World, db: Database, repository: Row, actor: Actor) -> views.Json:
    account = db.one("SELECT * FROM accounts WHERE id = ?", actor.id) or {}
    branch = load(repository["settings"])["default_branch"]
    shown = views.told_repository(world, db, repository)
    return {
        "repository": shown | {"master_branch": branch, "organization": repository["owner"]},
        "pusher": {"name": account["login"], "email": account["email"]},
        **sender(db, world, actor),
    }
