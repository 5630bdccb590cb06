"""Runs of workflows: list, read, run again, cancel, delete."""

from typing import Any

from sandbox.github import actions_find, find, run_views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Call, Routes
from sandbox.github.errors import conflict, forbidden, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row
from sandbox.github.workflows import again, signing

routes = Routes()

ALL = "/repos/{owner}/{repo}/actions/runs"
ONE = f"{ALL}/{{run_id:int}}"
FILTERS = {
    "branch": "head_branch = ?",
    "event": "event = ?",
    "head_sha": "head_sha = ?",
    "status": "? IN (status, conclusion)",
    "check_suite_id": "check_suite_id = CAST(? AS INTEGER)",
    "actor": "actor_id = (SELECT id FROM accounts WHERE login = ?)",
}
"""What narrows a list down, and how."""


@routes.add("GET", ALL)
def list_runs(call: Call) -> Answer:
    """Newest first."""
    return _list(call, find.repository(call))


@routes.add("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}/runs")
def list_runs_of_workflow(call: Call) -> Answer:
    """Those of one workflow."""
    repository = find.repository(call)
    return _list(call, repository, workflow_id=actions_find.workflow(call, repository)["id"])


def _list(call: Call, repository: Row, **more: int) -> Answer:
    call.refuse_queries("created")
    chosen = {name: FILTERS[name] for name in FILTERS if name in call.query}
    conditions = ["repository_id = ?", *(f"{name} = ?" for name in more), *chosen.values()]
    values: list[Any] = [repository["id"], *more.values(), *(call.query[name] for name in chosen)]
    sql = f"SELECT * FROM workflow_runs WHERE {' AND '.join(conditions)} ORDER BY id DESC"  # noqa: S608 - from FILTERS
    rows = call.db.all(sql, *values)
    answer = page(call, rows, wrap="workflow_runs")
    shown = [run_views.run(call.world, call.db, repository, row) for row in answer.body["workflow_runs"]]
    return Answer(answer.body | {"workflow_runs": shown}, headers=answer.headers)


@routes.add("GET", ONE)
def get_run(call: Call) -> Answer:
    """One run in its present attempt."""
    repository = find.repository(call)
    return Answer(run_views.run(call.world, call.db, repository, actions_find.run(call, repository)))


@routes.add("GET", f"{ONE}/attempts/{{attempt:int}}")
def get_attempt(call: Call) -> Answer:
    """A run in its present attempt; of former ones only the jobs are kept."""
    repository = find.repository(call)
    run = actions_find.run(call, repository)
    if int(call.parameters["attempt"]) != run["attempt"]:
        raise not_found()
    return Answer(run_views.run(call.world, call.db, repository, run))


@routes.add("GET", f"{ONE}/logs")
def get_logs(call: Call) -> Answer:
    """Where an archive of all its jobs' logs is."""
    repository = find.repository(call)
    run = actions_find.run(call, repository)
    return Answer(None, 302, {"Location": signing.address(call.world, "runs", run["id"])})


@routes.add("POST", f"{ONE}/rerun")
def rerun(call: Call) -> Answer:
    """All its jobs again."""
    return _again(call, only_failed=False)


@routes.add("POST", f"{ONE}/rerun-failed-jobs")
def rerun_failed(call: Call) -> Answer:
    """Those of its jobs that did not succeed, and what needs them."""
    return _again(call, only_failed=True)


def _again(call: Call, *, only_failed: bool) -> Answer:
    repository = find.writable(call, Role.WRITE)
    run = actions_find.run(call, repository)
    if run["status"] != "completed":
        raise forbidden("This workflow is already running")
    if not again.is_possible(run):
        raise forbidden("The workflow run cannot be run again: its workflow file is broken")
    again.begin(call.db, call.world, repository, run, call.actor.id, only_failed=only_failed)
    return Answer({}, 201)


@routes.add("POST", f"{ONE}/cancel")
@routes.add("POST", f"{ONE}/force-cancel")
def cancel(call: Call) -> Answer:
    """Stop its jobs."""
    repository = find.writable(call, Role.WRITE)
    run = actions_find.run(call, repository)
    if run["status"] == "completed":
        raise conflict("Cannot cancel a workflow run that is completed.")
    call.db.update("workflow_runs", run["id"], cancelled=True)
    return Answer({}, 202)


@routes.add("DELETE", ONE)
def delete_run(call: Call) -> Answer:
    """With its jobs, logs and artifacts."""
    repository = find.writable(call, Role.WRITE)
    run = actions_find.run(call, repository)
    if run["status"] != "completed":
        raise forbidden("Could not delete the workflow run")
    call.db.run("DELETE FROM workflow_runs WHERE id = ?", run["id"])
    return NO_CONTENT
