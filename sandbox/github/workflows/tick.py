"""Everything that is due, done: events become runs, runs go on, times come."""

from sandbox.github.store import Database, now
from sandbox.github.workflows import progress, schedule, start
from sandbox.github.world import World

ROUNDS = 5
"""What ends one run may start another, which may end at once."""


def is_time(db: Database) -> bool:
    """Whether a wait timer has run out, which no event tells."""
    return bool(
        db.one("SELECT 1 AS yes FROM workflow_jobs WHERE status = 'waiting' AND due_at <= ?", now())
        or schedule.is_due(db)
    )


def tick(db: Database, world: World) -> None:
    """Do it."""
    schedule.fire(db, world)
    for _ in range(ROUNDS):
        start.take_events(db, world)
        progress.advance_all(db, world)
        if db.one("SELECT 1 AS yes FROM events WHERE taken_at IS NULL") is None:
            return
