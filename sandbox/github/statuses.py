"""Commit statuses: the older way to report on a commit, open to everybody who pushes."""

from typing import Literal

from pydantic import Field

from sandbox.github import check_views, checks, commit_views, find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.commits import commit_of
from sandbox.github.errors import RefusalError
from sandbox.github.pagination import page
from sandbox.github.store import Row, now
from sandbox.github.telling import tell

routes = Routes()

MOST = 1000
"""Statuses of one context of one commit."""
STATES = {"error": "failure", "failure": "failure", "pending": "pending", "success": "success"}
"""What a status counts as in the combined state."""


class NewStatus(Body):
    """POST a status."""

    state: Literal["error", "failure", "pending", "success"]
    target_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    description: str | None = Field(default=None, max_length=140)
    context: str = Field(default="default", min_length=1, max_length=255)


@routes.add("POST", "/repos/{owner}/{repo}/statuses/{sha}")
def create_status(call: Call) -> Answer:
    """Say something about a commit."""
    repository = find.writable(call, Role.WRITE)
    body = call.body(NewStatus, "Status")
    sha = commit_of(call, repository, call.parameters["sha"])
    sql = "SELECT count(*) FROM statuses WHERE repository_id = ? AND sha = ? AND context = ?"
    if call.db.count(sql, repository["id"], sha, body.context) >= MOST:
        raise RefusalError(
            422, "Validation Failed", ["This SHA and context has reached the maximum number of statuses."]
        )
    moment = now()
    status_id = call.db.insert(
        "statuses",
        repository_id=repository["id"],
        sha=sha,
        creator_id=call.actor.id,
        created_at=moment,
        updated_at=moment,
        **body.model_dump(),
    )
    row = call.db.one("SELECT * FROM statuses WHERE id = ?", status_id) or {}
    _announce(call, repository, row)
    return Answer(check_views.status(call.world, call.db, repository, row), 201)


def _announce(call: Call, repository: Row, row: Row) -> None:
    git, address = call.world.repositories, f"{call.world.api}/repos/{repository['full_name']}/commits"
    commit = git.commits(repository["git_name"], row["sha"], limit=1)[0]
    tips = {name: tip for name, tip in git.branches(repository["git_name"]).items() if tip == row["sha"]}
    named = ("id", "sha", "state", "context", "description", "target_url", "created_at", "updated_at")
    payload = {name: row[name] for name in named} | {
        "name": repository["full_name"],
        "avatar_url": f"{call.world.base}/avatars/u/{row['creator_id']}",
        "commit": commit_views.full(call.world, call.db, repository, commit),
        "branches": [
            {"name": name, "commit": {"sha": tip, "url": f"{address}/{tip}"}, "protected": False}
            for name, tip in sorted(tips.items())
        ],
    }
    tell(call, repository, "status", None, **payload)


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}/statuses")
@routes.add("GET", "/repos/{owner}/{repo}/statuses/{ref:path}")
def list_statuses(call: Call) -> Answer:
    """All of a commit's, newest first."""
    repository = find.repository(call)
    sha = commit_of(call, repository, call.parameters["ref"])
    sql = "SELECT * FROM statuses WHERE repository_id = ? AND sha = ? ORDER BY id DESC"
    rows = call.db.all(sql, repository["id"], sha)
    return page(call, [check_views.status(call.world, call.db, repository, row) for row in rows])


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}/status")
def get_combined(call: Call) -> Answer:
    """What the newest of each context come to; pending without any."""
    repository = find.repository(call)
    sha = commit_of(call, repository, call.parameters["ref"])
    rows = checks.latest_statuses(call.db, repository["id"], sha)
    api = f"{call.world.api}/repos/{repository['full_name']}"
    listed = page(call, [check_views.simple_status(call.world, repository, row) for row in rows])
    document: views.Json = {
        "state": checks.worst([STATES[row["state"]] for row in rows] or ["pending"]),
        "statuses": listed.body,
        "sha": sha,
        "total_count": len(rows),
        "repository": views.repository(call.world, call.db, repository, Role.READ),
        "commit_url": f"{api}/commits/{sha}",
        "url": f"{api}/commits/{sha}/status",
    }
    return Answer(document, headers=listed.headers)
