"""Workflows on a schedule: of default branches only, in UTC, a minute at the finest.

What was due while no runner asked is not caught up on, as GitHub promises no more.
"""

import time
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from sandbox.github import views
from sandbox.github.store import Database, Row, dump, load, now
from sandbox.github.world import World

MINUTE = 60
LONGEST_GAP = 5 * MINUTE
"""Seconds without a look at the clock after which nothing is caught up on."""
ROWS = "SELECT * FROM workflows WHERE times != '[]' AND state = 'active' AND looked_at < ?"


def is_due(db: Database) -> bool:
    """Whether a minute has begun since somebody looked whether a workflow's time has come."""
    return db.one(ROWS, _minute()) is not None


def _minute() -> int:
    return int(time.time()) // MINUTE * MINUTE


def fire(db: Database, world: World) -> None:
    """Record an event for each workflow whose time has come; one seen for the first time starts with its next."""
    upto = _minute()
    for workflow in db.all(ROWS, upto):
        since = max(workflow["looked_at"], upto - LONGEST_GAP)
        cron = next((each for each in load(workflow["times"]) if came(each, since, upto)), None)
        if cron and workflow["looked_at"]:
            _tell(db, world, workflow, cron)
        db.update("workflows", workflow["id"], looked_at=upto)


def _tell(db: Database, world: World, workflow: Row, cron: str) -> None:
    payload = {"schedule": cron, "workflow": workflow["path"], "sender": views.owner(world, db)}
    columns = {"event": "schedule", "payload": dump(payload), "created_at": now()}
    db.insert("events", repository_id=workflow["repository_id"], **columns)


def came(cron: str, since: int, upto: int) -> bool:
    """Whether a time of ``cron`` lies after ``since`` and not after ``upto`` (seconds since the epoch)."""
    try:
        following = next(CronSim(cron, datetime.fromtimestamp(since, UTC)))
    except (CronSimError, StopIteration):
        return False
    return bool(following.timestamp() <= upto)
