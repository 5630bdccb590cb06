"""Says what happens to runs and jobs: to the webhooks, in a commit's checks, and among a repository's deployments."""

from sandbox.github import deploying, run_views, views
from sandbox.github.accounts import Actor
from sandbox.github.apps import ACTIONS
from sandbox.github.checks import Reporter, by_id
from sandbox.github.deploying import Deployer
from sandbox.github.events import emit
from sandbox.github.store import Row, dump
from sandbox.github.workflows.contexts import ref_name
from sandbox.github.workflows.site import Site

MACHINE = Actor(ACTIONS.account_id, ACTIONS.login, "job", read_only=False, owner=False, app_id=ACTIONS.id)
UNTOLD = {"pending": "queued"}
"""A job that waits for others of its group is queued, as far as anybody is told."""
ENDS = {"success": "success", "failure": "failure", "cancelled": "error"}


def begun(site: Site, run_id: int) -> None:
    """Open the suite of checks that a new run reports in."""
    row = site.db.one("SELECT * FROM workflow_runs WHERE id = ?", run_id) or {}
    suite = _reporter(site, row).new_suite(ACTIONS, row["head_sha"], row["head_branch"])
    site.db.update("workflow_runs", run_id, check_suite_id=suite)


def run(site: Site, row: Row, action: str) -> None:
    """``workflow_run``: requested, in_progress or completed."""
    flow = site.db.one("SELECT * FROM workflows WHERE id = ?", row["workflow_id"]) or {}
    payload = {
        "workflow_run": run_views.run(site.world, site.db, site.repository, row),
        "workflow": run_views.workflow(site.world, site.repository, flow),
        "sender": _sender(site, row),
    }
    emit(site.db, site.world, site.repository, "workflow_run", action, payload)


def problem(site: Site, row: Row, text: str) -> None:
    """Show on the commit why a run failed before it had any job."""
    path = (site.db.one("SELECT path FROM workflows WHERE id = ?", row["workflow_id"]) or {})["path"]
    output = {"title": "Invalid workflow file", "summary": text, "text": None}
    ended = {"status": "completed", "conclusion": "failure", "completed_at": row["updated_at"]}
    columns = {**ended, "output": dump(output)}
    _reporter(site, row).begin(ACTIONS, path, row["head_sha"], suite_id=row["check_suite_id"], columns=columns)


def job(site: Site, run_row: Row, row: Row) -> None:
    """``workflow_job``, with the action that the job's status says, and the job's check."""
    _check(site, run_row, row)
    fresh = site.db.one("SELECT * FROM workflow_jobs WHERE id = ?", row["id"]) or {}
    shown = run_views.job(site.world, site.db, site.repository, fresh, run_row)
    payload = {"workflow_job": shown, "sender": _sender(site, run_row)}
    emit(site.db, site.world, site.repository, "workflow_job", UNTOLD.get(row["status"], row["status"]), payload)


def _check(site: Site, run_row: Row, row: Row) -> None:
    columns: dict[str, object] = {"status": UNTOLD.get(row["status"], row["status"]), "conclusion": row["conclusion"]}
    columns |= {name: row[name] for name in ("started_at", "completed_at") if row[name]}
    if row["problem"]:
        columns["output"] = dump({"title": row["problem"], "summary": row["problem"], "text": None})
    reporter = _reporter(site, run_row)
    if row["check_run_id"]:
        reporter.change(by_id(site.db, row["check_run_id"]), columns)
        return
    columns["details_url"] = run_views.job_page(site.world, site.repository, row)
    check = reporter.begin(
        ACTIONS, row["name"], run_row["head_sha"], suite_id=run_row["check_suite_id"], columns=columns
    )
    site.db.update("workflow_jobs", row["id"], check_run_id=check["id"])


def deployment(site: Site, run_row: Row, row: Row, state: str, url: str = "") -> None:
    """Record the job's deployment, or how it goes: waiting, queued, in_progress, success, failure or error."""
    deployer = Deployer(site.db, site.world, site.repository, MACHINE)
    if row["deployment_id"]:
        found = deploying.by_id(site.db, row["deployment_id"])
    else:
        environment = site.db.one("SELECT name FROM environments WHERE id = ?", row["environment_id"]) or {}
        found = deployer.begin(ref_name(run_row["ref"]), run_row["sha"], environment["name"])
        site.db.update("workflow_jobs", row["id"], deployment_id=found["id"])
    page = run_views.job_page(site.world, site.repository, row)
    deployer.report(found, state, {"log_url": page, "environment_url": url})


def deployed(site: Site, run_row: Row, row: Row, url: str) -> None:
    """Say of a job's deployment, if it has one, how it ended."""
    if row["deployment_id"]:
        deployment(site, run_row, row, ENDS.get(row["conclusion"], "inactive"), url)


def _reporter(site: Site, row: Row) -> Reporter:
    return Reporter(site.db, site.world, site.repository, _sender(site, row))


def _sender(site: Site, row: Row) -> views.Json:
    account = site.db.one("SELECT * FROM accounts WHERE id = ?", row["triggering_actor_id"]) or {}
    return views.user(site.world, account)
