"""A runner takes a job, tells how it goes, and gives it back."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sandbox.github.accounts import digest
from sandbox.github.expressions import ExpressionError
from sandbox.github.job_tokens import mint_job, revoke
from sandbox.github.store import Database, Row, dump, load, now
from sandbox.github.workflows import progress, queue, tell
from sandbox.github.workflows.document import InvalidWorkflowError
from sandbox.github.workflows.order import Order
from sandbox.github.workflows.progress import Progress
from sandbox.github.workflows.site import Site
from sandbox.github.world import World

STOPPED = "The runner stopped"
LIFETIME = timedelta(hours=24)
"""What GitHub gives a job's token at most; it ends with its job."""


def next_job(db: Database, world: World, runner: str) -> dict[str, Any] | None:
    """The order of the oldest queued job, which is the runner's from here on; None if none is queued."""
    while job := db.one("SELECT * FROM workflow_jobs WHERE status = 'queued' ORDER BY id"):
        run = queue.run_row(db, job["run_id"])
        found = Progress.of(db, world, run)
        order = Order(found, job)
        try:
            token = mint_job(db, found.site.repository["id"], order.permissions(), lifetime=LIFETIME).token
            document = order.document(token)
        except (ExpressionError, InvalidWorkflowError) as error:
            progress.end_job(found.site, run, job, "failure", str(error))
            progress.advance_all(db, world)
            continue
        _begin(found.site, run, job, runner, token)
        return document
    return None


def _begin(site: Site, run: Row, job: Row, runner: str, token: str) -> None:
    started = digest(token)
    site.db.update("workflow_jobs", job["id"], status="in_progress", runner=runner, started_at=now(), token=started)
    first = run["status"] != "in_progress"
    site.db.update("workflow_runs", run["id"], status="in_progress", updated_at=now())
    if first:
        tell.run(site, queue.run_row(site.db, run["id"]), "in_progress")
    started_job = progress.job_row(site.db, job["id"])
    tell.job(site, run, started_job)
    if started_job["deployment_id"]:
        tell.deployment(site, run, started_job, "in_progress")


def report(db: Database, job: Row, log: str, steps: list[dict[str, Any]]) -> bool:
    """Keep what a job said since the last time; whether it is to stop."""
    if log:
        db.insert("workflow_logs", job_id=job["id"], text=log)
    if steps != load(job["steps"]):
        db.update("workflow_jobs", job["id"], steps=dump(steps))
    return bool(job["cancelled"]) or job["status"] != "in_progress"


@dataclass(frozen=True)
class Ending:
    """How a job ended."""

    conclusion: str
    outputs: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def end(db: Database, world: World, job: Row, ending: Ending) -> None:
    """A job is over; its token is worthless from here on."""
    if job["status"] != "in_progress":
        return
    revoke(db, job["token"])
    db.update("workflow_jobs", job["id"], outputs=dump(ending.outputs))
    found = Progress.of(db, world, queue.run_row(db, job["run_id"]))
    progress.end_job(found.site, found.run, progress.job_row(db, job["id"]), ending.conclusion, ending.problem)


def abandon(db: Database, world: World, runner: str) -> int:
    """A runner starts afresh: what it had under way has failed. Returns how many jobs that were."""
    rows = db.all("SELECT * FROM workflow_jobs WHERE status = 'in_progress' AND runner = ?", runner)
    for job in rows:
        end(db, world, job, Ending("cancelled" if job["cancelled"] else "failure", problem=STOPPED))
    return len(rows)


def running(db: Database, token: str) -> Row | None:
    """The job under way whose token this is."""
    return db.one("SELECT * FROM workflow_jobs WHERE status = 'in_progress' AND token = ?", digest(token))
