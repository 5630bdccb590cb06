"""What issues, pull requests seen as issues, and comments look like in answers."""

from sandbox.github import labels, threads, views
from sandbox.github.store import Database, Row
from sandbox.github.world import World

DEPENDENCIES = ("blocked_by", "total_blocked_by", "blocking", "total_blocking")
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def issue(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """GitHub's "issue"; a pull request says with ``pull_request`` that it is one."""
    path = repository["full_name"]
    address = f"{world.api}/repos/{path}/issues/{row['number']}"
    assignees = threads.assignees(world, db, row)
    pull = row["kind"] == "pull"
    html = f"{world.base}/{path}/{'pull' if pull else 'issues'}/{row['number']}"
    return {
        "url": address,
        "repository_url": f"{world.api}/repos/{path}",
        "labels_url": f"{address}/labels{{/name}}",
        "comments_url": f"{address}/comments",
        "events_url": f"{address}/events",
        "timeline_url": f"{address}/timeline",
        "html_url": html,
        "id": row["id"],
        "node_id": views.node_id("PR" if pull else "I", row["id"]),
        "number": row["number"],
        "title": row["title"],
        "body": row["body"],
        "user": threads.account(world, db, row["author_id"]),
        "labels": [labels.view(world, repository, label) for label in threads.label_rows(db, row)],
        "state": row["state"],
        "state_reason": row["state_reason"],
        "locked": False,
        "active_lock_reason": None,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": None,
        "type": None,
        "sub_issues_summary": dict.fromkeys(("total", "completed", "percent_completed"), 0),
        "issue_dependencies_summary": dict.fromkeys(DEPENDENCIES, 0),
        "comments": threads.comment_count(db, row),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "closed_at": row["closed_at"],
        "author_association": threads.association(db, repository, row["author_id"]),
        "performed_via_github_app": None,
        "reactions": reactions(address),
    } | (_pull(world, db, path, row, html) if pull else {})


def _pull(world: World, db: Database, path: str, row: Row, html: str) -> views.Json:
    pull = db.one("SELECT * FROM pulls WHERE thread_id = ?", row["id"]) or {}
    return {
        "draft": bool(pull.get("draft")),
        "pull_request": {
            "url": f"{world.api}/repos/{path}/pulls/{row['number']}",
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": pull.get("merged_at"),
        },
    }


def full_issue(world: World, db: Database, repository: Row, row: Row) -> views.Json:
    """The same with who closed it."""
    return issue(world, db, repository, row) | {"closed_by": threads.account(world, db, row["closed_by"])}


def comment(world: World, db: Database, repository: Row, thread: Row, row: Row) -> views.Json:
    """GitHub's "issue comment"."""
    path = repository["full_name"]
    address = f"{world.api}/repos/{path}/issues/comments/{row['id']}"
    place = "pull" if thread["kind"] == "pull" else "issues"
    return {
        "id": row["id"],
        "node_id": views.node_id("IC", row["id"]),
        "url": address,
        "html_url": f"{world.base}/{path}/{place}/{thread['number']}#issuecomment-{row['id']}",
        "issue_url": f"{world.api}/repos/{path}/issues/{thread['number']}",
        "body": row["body"],
        "user": threads.account(world, db, row["author_id"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "author_association": threads.association(db, repository, row["author_id"]),
        "performed_via_github_app": None,
        "reactions": reactions(address),
    }


def reactions(address: str) -> views.Json:
    """Nobody reacts here."""
    return {"url": f"{address}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS, 0)}
