"""Check suites: what the check runs of one App on one commit come to. They make themselves; see ``checks``."""

from sandbox.github import check_views, find
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.commits import commit_of
from sandbox.github.errors import not_found
from sandbox.github.pagination import page

routes = Routes()


@routes.add("GET", "/repos/{owner}/{repo}/check-suites/{suite_id:int}")
def get_suite(call: Call) -> Answer:
    """One suite."""
    repository = find.repository(call)
    sql = "SELECT * FROM check_suites WHERE repository_id = ? AND id = ?"
    row = call.db.one(sql, repository["id"], call.parameters["suite_id"])
    if row is None:
        raise not_found()
    return Answer(check_views.suite(call.world, call.db, repository, row))


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-suites")
def list_suites(call: Call) -> Answer:
    """Those of a commit, branch or tag."""
    repository = find.repository(call)
    sha = commit_of(call, repository, call.parameters["ref"])
    app, name = call.query.get("app_id"), call.query.get("check_name")
    rows = call.db.all(
        "SELECT * FROM check_suites WHERE repository_id = ? AND head_sha = ? AND (? IS NULL OR app_id = ?) "
        "AND (? IS NULL OR id IN (SELECT suite_id FROM check_runs WHERE name = ?)) ORDER BY id",
        *(repository["id"], sha, app, app, name, name),
    )
    return page(call, [check_views.suite(call.world, call.db, repository, row) for row in rows], "check_suites")
