"""Jobs of runs, and their logs."""

from sandbox.github import actions_find, find, run_views
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.errors import not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row
from sandbox.github.workflows import signing

routes = Routes()

RUN = "/repos/{owner}/{repo}/actions/runs/{run_id:int}"
ONE = "/repos/{owner}/{repo}/actions/jobs/{job_id:int}"


@routes.add("GET", f"{RUN}/jobs")
def list_jobs(call: Call) -> Answer:
    """Those of the present attempt, or with ``filter=all`` of every attempt."""
    repository = find.repository(call)
    run = actions_find.run(call, repository)
    return _list(call, repository, run, None if call.query.get("filter") == "all" else run["attempt"])


@routes.add("GET", f"{RUN}/attempts/{{attempt:int}}/jobs")
def list_jobs_of_attempt(call: Call) -> Answer:
    """Those of one attempt."""
    repository = find.repository(call)
    run = actions_find.run(call, repository)
    attempt = int(call.parameters["attempt"])
    if not 1 <= attempt <= run["attempt"]:
        raise not_found()
    return _list(call, repository, run, attempt)


def _list(call: Call, repository: Row, run: Row, attempt: int | None) -> Answer:
    sql = "SELECT * FROM workflow_jobs WHERE run_id = ? AND (? IS NULL OR attempt = ?) ORDER BY id"
    rows = call.db.all(sql, run["id"], attempt, attempt)
    return page(call, [run_views.job(call.world, call.db, repository, row, run) for row in rows], wrap="jobs")


@routes.add("GET", ONE)
def get_job(call: Call) -> Answer:
    """One job with its steps."""
    repository = find.repository(call)
    job, run = actions_find.job(call, repository)
    return Answer(run_views.job(call.world, call.db, repository, job, run))


@routes.add("GET", f"{ONE}/logs")
def get_logs(call: Call) -> Answer:
    """Where its log is, as text."""
    job, _ = actions_find.job(call, find.repository(call))
    return Answer(None, 302, {"Location": signing.address(call.world, "jobs", job["id"])})
