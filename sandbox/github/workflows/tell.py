"""Says what happens to runs and jobs: to the webhooks, and to whoever looks at a commit's checks."""

from sandbox.github import run_views, views
from sandbox.github.events import emit
from sandbox.github.store import Row
from sandbox.github.workflows.site import Site

ACTIONS = {"queued": "queued", "pending": "queued", "waiting": "waiting", "in_progress": "in_progress"}


def run(site: Site, row: Row, action: str) -> None:
    """``workflow_run``: requested, in_progress or completed."""
    flow = site.db.one("SELECT * FROM workflows WHERE id = ?", row["workflow_id"]) or {}
    payload = {
        "workflow_run": run_views.run(site.world, site.db, site.repository, row),
        "workflow": run_views.workflow(site.world, site.repository, flow),
        "sender": _sender(site, row),
    }
    emit(site.db, site.world, site.repository, "workflow_run", action, payload)


def job(site: Site, run_row: Row, row: Row) -> None:
    """``workflow_job``, with the action that the job's status says."""
    shown = run_views.job(site.world, site.db, site.repository, row, run_row)
    payload = {"workflow_job": shown, "sender": _sender(site, run_row)}
    emit(site.db, site.world, site.repository, "workflow_job", ACTIONS.get(row["status"], "completed"), payload)


def _sender(site: Site, row: Row) -> views.Json:
    return views.user(site.world, site.db.one("SELECT * FROM accounts WHERE id = ?", row["triggering_actor_id"]) or {})
