"""What workflows, runs and jobs look like in answers and events. Field names and addresses are GitHub's."""

from typing import Any

from sandbox.github import views
from sandbox.github.accounts import Role
from sandbox.github.store import Database, Row, load
from sandbox.github.world import World

RUNNER_GROUP = {"runner_group_id": 1, "runner_group_name": "Default"}


def address(world: World, repository: Row) -> str:
    """Where a repository's Actions answer."""
    return f"{world.api}/repos/{repository['full_name']}/actions"


def _page(world: World, repository: Row) -> str:
    return f"{world.base}/{repository['full_name']}"


def workflow(world: World, repository: Row, row: Row) -> views.Json:
    """GitHub's "workflow"."""
    page = _page(world, repository)
    file = row["path"].rpartition("/")[2]
    return {
        "id": row["id"],
        "node_id": views.node_id("W", row["id"]),
        "name": row["name"],
        "path": row["path"],
        "state": row["state"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "url": f"{address(world, repository)}/workflows/{row['id']}",
        "html_url": f"{page}/blob/{load(repository['settings'])['default_branch']}/{row['path']}",
        "badge_url": f"{page}/actions/workflows/{file}/badge.svg",
    }


def job_page(world: World, repository: Row, row: Row) -> str:
    """Where people read a job's log."""
    return f"{_page(world, repository)}/actions/runs/{row['run_id']}/job/{row['id']}"


def run(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """GitHub's "workflow run"."""
    own = f"{address(world, repository)}/runs/{row['id']}"
    suite = row["check_suite_id"] or row["id"]
    flow = db.one("SELECT * FROM workflows WHERE id = ?", row["workflow_id"]) or {}
    repo = views.repository(world, db, repository, Role.READ)
    return {
        "id": row["id"],
        "name": flow["name"],
        "node_id": views.node_id("WFR", row["id"]),
        "check_suite_id": suite,
        "check_suite_node_id": views.node_id("CS", suite),
        "head_branch": row["head_branch"],
        "head_sha": row["head_sha"],
        "path": flow["path"],
        "run_number": row["number"],
        "run_attempt": row["attempt"],
        "event": row["event"],
        "display_title": row["title"],
        "status": row["status"],
        "conclusion": row["conclusion"],
        "workflow_id": row["workflow_id"],
        "url": own,
        "html_url": f"{_page(world, repository)}/actions/runs/{row['id']}",
        "pull_requests": _pull_requests(world, repository, row),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "run_started_at": row["started_at"],
        "actor": _user(world, db, row["actor_id"]),
        "triggering_actor": _user(world, db, row["triggering_actor_id"]),
        "referenced_workflows": [],
        **{f"{name}_url": f"{own}/{name}" for name in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": f"{world.api}/repos/{repository['full_name']}/check-suites/{suite}",
        "previous_attempt_url": f"{own}/attempts/{row['attempt'] - 1}" if row["attempt"] > 1 else None,
        "workflow_url": f"{address(world, repository)}/workflows/{row['workflow_id']}",
        "head_commit": _head_commit(world, repository, row),
        "repository": repo,
        "head_repository": _head_repository(row, repo),
    }


def _user(world: World, db: Database, account_id: int) -> views.Json:
    return views.user(world, db.one("SELECT * FROM accounts WHERE id = ?", account_id) or {})


def _head_commit(world: World, repository: Row, row: Row) -> views.Json | None:
    for commit in world.repositories.commits(repository["git_name"], row["sha"], limit=1):
        people = {name: {"name": who.name, "email": who.email}
                  for name, who in (("author", commit.author), ("committer", commit.committer))}  # fmt: skip
        when = commit.committer.when.isoformat()
        return {"id": commit.sha, "tree_id": commit.tree, "message": commit.message, "timestamp": when, **people}
    return None


def _pull_requests(world: World, repository: Row, row: Row) -> list[views.Json]:
    """Those of the same repository only, as on GitHub."""
    request = load(row["payload"]).get("pull_request")
    if row["event"] != "pull_request" or not request or row["from_fork"]:
        return []
    sides = {
        side: {
            "ref": request[side]["ref"],
            "sha": request[side]["sha"],
            "repo": {name: request[side]["repo"][name] for name in ("id", "url", "name")},
        }
        for side in ("head", "base")
    }
    return [{"id": request["id"], "number": request["number"], "url": request["url"], **sides}]


def _head_repository(row: Row, own: views.Json) -> views.Json | None:
    request = load(row["payload"]).get("pull_request")
    if row["event"] != "pull_request" or not request:
        return own
    found: views.Json | None = request["head"]["repo"]
    return found


def job(world: World, db: Database, repository: Row, row: Row, run_row: Row) -> views.Json:
    """GitHub's "job"."""
    flow = db.one("SELECT name FROM workflows WHERE id = ?", run_row["workflow_id"]) or {}
    api = f"{world.api}/repos/{repository['full_name']}"
    runner = RUNNER_GROUP if row["runner"] else dict.fromkeys(RUNNER_GROUP)
    return {
        "id": row["id"],
        "run_id": row["run_id"],
        "workflow_name": flow["name"],
        "head_branch": run_row["head_branch"],
        "run_url": f"{address(world, repository)}/runs/{row['run_id']}",
        "run_attempt": row["attempt"],
        "node_id": views.node_id("WFJ", row["id"]),
        "head_sha": run_row["head_sha"],
        "url": f"{address(world, repository)}/jobs/{row['id']}",
        "html_url": job_page(world, repository, row),
        "status": row["status"],
        "conclusion": row["conclusion"],
        "created_at": row["created_at"],
        "started_at": row["started_at"] or row["created_at"],
        "completed_at": row["completed_at"],
        "name": row["name"],
        "steps": load(row["steps"]),
        "check_run_url": f"{api}/check-runs/{row['check_run_id'] or row['id']}",
        "labels": load(row["labels"]),
        "runner_id": 1 if row["runner"] else None,
        "runner_name": row["runner"],
        **runner,
    }


def artifact(world: World, repository: Row, row: Row, run_row: Row) -> views.Json:
    """GitHub's "artifact"; ``row`` holds the content's length and digest instead of the content."""
    own = f"{address(world, repository)}/artifacts/{row['id']}"
    facts: dict[str, Any] = {
        "id": run_row["id"],
        "repository_id": repository["id"],
        "head_repository_id": repository["id"],
        "head_branch": run_row["head_branch"],
        "head_sha": run_row["head_sha"],
    }
    return {
        "id": row["id"],
        "node_id": views.node_id("AR", row["id"]),
        "name": row["name"],
        "size_in_bytes": row["size"],
        "url": own,
        "archive_download_url": f"{own}/zip",
        "expired": False,
        "digest": row["digest"],
        "created_at": row["created_at"],
        "updated_at": row["created_at"],
        "expires_at": row["expires_at"],
        "workflow_run": facts,
    }
