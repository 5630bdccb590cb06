"""Events of pull requests."""

from sandbox.github import pull_rows, pull_views
from sandbox.github.accounts import Actor
from sandbox.github.events import emit, sender
from sandbox.github.store import Database, Row
from sandbox.github.world import World


def tell(world: World, db: Database, pull: Row, action: str, actor: Actor, /, **more: object) -> None:
    """A ``pull_request`` event; ``more`` is what its action adds, e.g. ``changes``."""
    payload = {"number": pull["number"], "pull_request": pull_views.full(world, db, pull), **more}
    repository = pull_rows.base_repository(db, pull)
    emit(db, world, repository, "pull_request", action, payload | sender(db, world, actor))


def tell_about(
    world: World, db: Database, pull: Row, actor: Actor, /, *, event: str, action: str, **more: object
) -> None:
    """An event about something on a pull request, such as ``pull_request_review``."""
    payload = {"pull_request": pull_views.simple(world, db, pull), **more}
    emit(db, world, pull_rows.base_repository(db, pull), event, action, payload | sender(db, world, actor))
