"""What jobs leave behind: zip archives by name, kept with their run."""

from datetime import UTC, datetime, timedelta

from sandbox.github.store import Database, now

LONGEST_DAYS = 90


def names(db: Database, run_id: int) -> list[str]:
    """The artifacts of a run."""
    return [row["name"] for row in db.all("SELECT name FROM workflow_artifacts WHERE run_id = ? ORDER BY id", run_id)]


def content(db: Database, run_id: int, name: str) -> bytes | None:
    """An artifact's archive; None without one."""
    row = db.one("SELECT content FROM workflow_artifacts WHERE run_id = ? AND name = ?", run_id, name)
    return row["content"] if row else None


def keep(db: Database, run_id: int, name: str, archive: bytes, days: int) -> bool:
    """Keep one; False where the name is taken, since artifacts do not change."""
    if content(db, run_id, name) is not None:
        return False
    until = datetime.now(UTC) + timedelta(days=min(days or LONGEST_DAYS, LONGEST_DAYS))
    db.insert(
        "workflow_artifacts",
        run_id=run_id,
        name=name,
        content=archive,
        created_at=now(),
        expires_at=until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return True
