"""A run once more, as another attempt of the same run."""

from sandbox.github.store import Database, Row, now
from sandbox.github.workflows import queue, tell
from sandbox.github.workflows.document import InvalidWorkflowError, needs, read
from sandbox.github.workflows.progress import Progress
from sandbox.github.workflows.site import Site
from sandbox.github.world import World

KEPT = ("run_id", "key", "name", "matrix", "labels", "environment_id", "tolerated", "status", "conclusion", "outputs",
        "steps", "runner", "check_run_id", "created_at", "started_at", "completed_at")  # fmt: skip


def is_possible(run: Row) -> bool:
    """Whether the run's file is a workflow at all."""
    try:
        read("", run["source"])
    except InvalidWorkflowError:
        return False
    return True


def begin(db: Database, world: World, repository: Row, run: Row, account_id: int, *, only_failed: bool) -> None:
    """Queue the next attempt; jobs that are not repeated are taken over as they ended."""
    site = Site(db, world, repository)
    former = Progress.of(db, world, run)
    kept = set(former.workflow.jobs) - _repeated(former) if only_failed else set()
    attempt = run["attempt"] + 1
    for row in former.jobs():
        if row["key"] in kept:
            db.insert("workflow_jobs", attempt=attempt, **{name: row[name] for name in KEPT})
    moment = now()
    fresh = {"status": "queued", "conclusion": None, "problem": None, "cancelled": False}
    moments = {"started_at": moment, "updated_at": moment}
    db.update("workflow_runs", run["id"], attempt=attempt, triggering_actor_id=account_id, **fresh, **moments)
    present = queue.run_row(db, run["id"])
    tell.run(site, present, "requested")
    queue.enter(site, present, run["concurrency"], cancels=False)


def _repeated(former: Progress) -> set[str]:
    """What did not succeed, and all that needs any of it."""
    jobs = former.workflow.jobs
    found = {key for key in jobs if former.result(key) != "success"}
    while more := {key for key, job in jobs.items() if key not in found and found & set(needs(job))}:
        found |= more
    return found
