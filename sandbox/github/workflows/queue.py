"""Runs come in, wait for others of their concurrency group, are cancelled, and end.

Source: GitHub's "Control the concurrency of workflows and jobs".
"""

from typing import Any

from sandbox.github.expressions import ExpressionError, Scope, resolve
from sandbox.github.store import Database, Row, now
from sandbox.github.workflows import tell
from sandbox.github.workflows.site import Site

OPEN = ("queued", "in_progress", "waiting")


def run_row(db: Database, run_id: int) -> Row:
    """A run as it is now."""
    return db.one("SELECT * FROM workflow_runs WHERE id = ?", run_id) or {}


def group_of(config: Any, scope: Scope) -> tuple[str | None, bool]:
    """The concurrency group of a run or a job, and whether it cancels those in it that are under way.

    Raises:
        ExpressionError: it cannot be evaluated, or names no group.
    """
    if config is None:
        return None, False
    written = {"group": config} if isinstance(config, str) else config
    found = resolve(written, scope)
    if not isinstance(found, dict) or not found.get("group"):
        raise ExpressionError("concurrency needs a group")
    return str(found["group"]).lower(), found.get("cancel-in-progress") in (True, "true")


def enter(site: Site, run: Row, group: str | None, *, cancels: bool) -> None:
    """Queue a run, behind those of its group. One may wait in a group; a newer one takes its place."""
    site.db.update("workflow_runs", run["id"], concurrency=group)
    for other in _others(site.db, run, group):
        if other["status"] == "pending":
            finish(site, other, "cancelled", f"A newer run of the group {group} came")
        elif cancels:
            site.db.update("workflow_runs", other["id"], cancelled=True)
    if _others(site.db, run, group):
        site.db.update("workflow_runs", run["id"], status="pending")


def release(db: Database) -> None:
    """Let pending runs go whose group is free."""
    for run in db.all("SELECT * FROM workflow_runs WHERE status = 'pending' ORDER BY id"):
        if not [other for other in _others(db, run, run["concurrency"]) if other["status"] != "pending"]:
            db.update("workflow_runs", run["id"], status="queued")


def _others(db: Database, run: Row, group: str | None) -> list[Row]:
    if group is None:
        return []
    return db.all(
        "SELECT * FROM workflow_runs WHERE repository_id = ? AND concurrency = ? AND status != 'completed' AND id != ?",
        run["repository_id"],
        group,
        run["id"],
    )


def fail(site: Site, run: Row, problem: str) -> None:
    """End a run before any job of it could be made."""
    tell.run(site, run, "requested")
    tell.problem(site, run, problem)
    finish(site, run, "failure", problem)


def finish(site: Site, run: Row, conclusion: str, problem: str | None = None) -> None:
    """Record how a run ended."""
    site.db.update(
        "workflow_runs", run["id"], status="completed", conclusion=conclusion, problem=problem, updated_at=now()
    )
    tell.run(site, run_row(site.db, run["id"]), "completed")
