"""What check runs, check suites and commit statuses look like in answers and events."""

from sandbox.github import commit_views, views
from sandbox.github.accounts import Role
from sandbox.github.apps import APPS
from sandbox.github.store import Database, Row, load
from sandbox.github.world import World

ENDS = (
    "failure",
    "timed_out",
    "cancelled",
    "action_required",
    "startup_failure",
    "stale",
    "success",
    "neutral",
    "skipped",
)
"""What a suite concludes: the first of these that one of its runs does."""
NOT_IN_RUNS = {
    "repository",
    "head_commit",
    "latest_check_runs_count",
    "check_runs_url",
    "rerequestable",
    "runs_rerequestable",
}
"""What an event of a check run leaves out of its suite."""


def run(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """GitHub's "check run"."""
    address = f"{world.api}/repos/{repository['full_name']}/check-runs/{row['id']}"
    html = f"{world.base}/{repository['full_name']}/runs/{row['id']}"
    output = dict.fromkeys(("title", "summary", "text")) | load(row["output"])
    return {
        "id": row["id"],
        "name": row["name"],
        "node_id": views.node_id("CR", row["id"]),
        "head_sha": row["head_sha"],
        "external_id": row["external_id"],
        "url": address,
        "html_url": html,
        "details_url": row["details_url"] or html,
        "status": row["status"],
        "conclusion": row["conclusion"],
        "started_at": row["started_at"],
        "completed_at": row["completed_at"],
        "output": output
        | {"annotations_count": len(load(row["annotations"])), "annotations_url": f"{address}/annotations"},
        "check_suite": {"id": row["suite_id"]},
        "app": views.app(world, db, APPS[row["app_id"]]),
        "pull_requests": pull_requests(world, db, repository, row["head_sha"]),
    }


def run_of_event(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """The same with its suite."""
    suite_row = db.one("SELECT * FROM check_suites WHERE id = ?", row["suite_id"]) or {}
    shown = suite(world, db, repository, suite_row)
    bare = {name: value for name, value in shown.items() if name not in NOT_IN_RUNS}
    return run(world, db, repository, row) | {"check_suite": bare}


def suite(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """GitHub's "check suite"; its state follows from its runs."""
    address = f"{world.api}/repos/{repository['full_name']}/check-suites/{row['id']}"
    runs = db.all("SELECT status, conclusion FROM check_runs WHERE id IN (SELECT max(id) FROM check_runs "
                  "WHERE suite_id = ? GROUP BY name)", row["id"])  # fmt: skip
    commit = world.repositories.commits(repository["git_name"], row["head_sha"], limit=1)[0]
    status, conclusion = _state(runs)
    return {
        "id": row["id"],
        "node_id": views.node_id("CS", row["id"]),
        "head_branch": row["head_branch"],
        "head_sha": row["head_sha"],
        "status": status,
        "conclusion": conclusion,
        "url": address,
        "before": commit.parents[0] if commit.parents else "0" * 40,
        "after": row["head_sha"],
        "pull_requests": pull_requests(world, db, repository, row["head_sha"]),
        "app": views.app(world, db, APPS[row["app_id"]]),
        "repository": views.repository(world, db, repository, Role.READ),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "head_commit": commit_views.simple(commit),
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{address}/check-runs",
        "rerequestable": True,
        "runs_rerequestable": True,
    }


def _state(runs: list[Row]) -> tuple[str, str | None]:
    going = {row["status"] for row in runs if row["status"] != "completed"}
    if going or not runs:
        return ("in_progress" if going - {"queued"} or len(going) < len(runs) else "queued"), None
    found = {row["conclusion"] for row in runs}
    return "completed", next(end for end in ENDS if end in found)


def pull_requests(world: World, db: Database, repository: Row, sha: str) -> list[views.Json]:
    """The open pull requests of the repository's own branches that end in this commit."""
    api = f"{world.api}/repos/{repository['full_name']}"
    place = {"id": repository["id"], "url": api, "name": repository["name"]}
    sql = (
        "SELECT threads.*, pulls.* FROM threads JOIN pulls ON thread_id = threads.id "
        "WHERE state = 'open' AND head_sha = ? AND repository_id = ? AND head_repository_id = repository_id"
    )
    return [
        {
            "id": row["id"],
            "number": row["number"],
            "url": f"{api}/pulls/{row['number']}",
            "head": {"ref": row["head_ref"], "sha": row["head_sha"], "repo": place},
            "base": {"ref": row["base_ref"], "sha": row["base_sha"], "repo": place},
        }
        for row in db.all(sql, sha, repository["id"])
    ]


def status(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """GitHub's "status"."""
    creator = db.one("SELECT * FROM accounts WHERE id = ?", row["creator_id"]) or {}
    return simple_status(world, repository, row) | {"creator": views.user(world, creator)}


def simple_status(world: World, repository: Row, row: Row) -> views.Json:
    """GitHub's "simple commit status"."""
    named = ("id", "state", "context", "description", "target_url", "created_at", "updated_at")
    return {name: row[name] for name in named} | {
        "url": f"{world.api}/repos/{repository['full_name']}/statuses/{row['sha']}",
        "node_id": views.node_id("SC", row["id"]),
        "avatar_url": f"{world.base}/avatars/u/{row['creator_id']}",
    }
