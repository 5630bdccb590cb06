"""Artifacts of runs."""

import hashlib

from sandbox.github import actions_find, find, run_views, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Call, Routes
from sandbox.github.errors import not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row
from sandbox.github.workflows import signing

routes = Routes()

ALL = "/repos/{owner}/{repo}/actions/artifacts"
ONE = f"{ALL}/{{artifact_id:int}}"
ROWS = (
    "SELECT workflow_artifacts.* FROM workflow_artifacts JOIN workflow_runs ON workflow_runs.id = run_id "
    "WHERE repository_id = ?"
)


@routes.add("GET", ALL)
def list_artifacts(call: Call) -> Answer:
    """All of the repository's, or those of one name."""
    repository = find.repository(call)
    rows = call.db.all(f"{ROWS} ORDER BY workflow_artifacts.id DESC", repository["id"])
    return _page(call, repository, rows)


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id:int}/artifacts")
def list_artifacts_of_run(call: Call) -> Answer:
    """Those of one run."""
    repository = find.repository(call)
    run = actions_find.run(call, repository)
    rows = call.db.all("SELECT * FROM workflow_artifacts WHERE run_id = ? ORDER BY id", run["id"])
    return _page(call, repository, rows)


def _page(call: Call, repository: Row, rows: list[Row]) -> Answer:
    named = [row for row in rows if call.query.get("name") in (None, row["name"])]
    return page(call, [_view(call, repository, row) for row in named], wrap="artifacts")


@routes.add("GET", ONE)
def get_artifact(call: Call) -> Answer:
    """One artifact."""
    repository = find.repository(call)
    return Answer(_view(call, repository, _artifact(call, repository)))


@routes.add("GET", f"{ONE}/{{format}}")
def download(call: Call) -> Answer:
    """Where its archive is."""
    row = _artifact(call, find.repository(call))
    if call.parameters["format"] != "zip":
        raise not_found()
    return Answer(None, 302, {"Location": signing.address(call.world, "artifacts", row["id"])})


@routes.add("DELETE", ONE)
def delete(call: Call) -> Answer:
    """Gone for good."""
    row = _artifact(call, find.writable(call, Role.WRITE))
    call.db.run("DELETE FROM workflow_artifacts WHERE id = ?", row["id"])
    return NO_CONTENT


def _artifact(call: Call, repository: Row) -> Row:
    sql = f"{ROWS} AND workflow_artifacts.id = ?"
    row = call.db.one(sql, repository["id"], call.parameters["artifact_id"])
    if row is None:
        raise not_found()
    return row


def _view(call: Call, repository: Row, row: Row) -> views.Json:
    run = call.db.one("SELECT * FROM workflow_runs WHERE id = ?", row["run_id"]) or {}
    digest = f"sha256:{hashlib.sha256(row['content']).hexdigest()}"
    facts = row | {"size": len(row["content"]), "digest": digest}
    return run_views.artifact(call.world, repository, facts, run)
