"""What pull requests look like in answers and events. Field names are GitHub's."""

from sandbox.github import issue_views, pull_rows, pull_state, threads, views
from sandbox.github.accounts import Role
from sandbox.github.approvals import proposal
from sandbox.github.checks import conclusion_by_context
from sandbox.github.git import Differences
from sandbox.github.merge_rules import unstable
from sandbox.github.rules import BEHIND, HEADS, obstacles
from sandbox.github.store import Database, Row
from sandbox.github.world import World

SHARED = (
    "number", "title", "body", "user", "labels", "state", "locked", "active_lock_reason", "assignee", "assignees",
    "milestone", "created_at", "updated_at", "closed_at", "author_association", "comments_url", "id", "node_id",
    "html_url",
)  # fmt: skip
"""What it has from being a thread, and shows as an issue does."""


def simple(world: World, db: Database, pull: Row) -> views.Json:
    """GitHub's "pull request simple", as in lists."""
    repository = pull_rows.base_repository(db, pull)
    issue = issue_views.issue(world, db, repository, pull)
    users, teams = requested(world, db, pull)
    return {
        **{name: issue[name] for name in SHARED},
        **_addresses(world, repository, pull, issue),
        "merged_at": pull["merged_at"],
        "merge_commit_sha": pull["merge_commit_sha"],
        "requested_reviewers": users,
        "requested_teams": teams,
        "head": _head(world, db, pull),
        "base": _end(world, db, repository, pull["base_ref"], pull["base_sha"]),
        "auto_merge": None,
        "draft": bool(pull["draft"]),
    }


def full(world: World, db: Database, pull: Row) -> views.Json:
    """GitHub's "pull request": with what takes a look into git."""
    state = mergeable_state(world, db, pull)
    ended = pull["state"] == "closed"
    return {
        **simple(world, db, pull),
        **_counts(world, db, pull),
        "merged": pull["merged_at"] is not None,
        "mergeable": None if ended else state != "dirty",
        "rebaseable": None,
        "mergeable_state": state,
        "merged_by": threads.account(world, db, pull["merged_by"]),
        "comments": threads.comment_count(db, pull),
        "review_comments": db.count(
            "SELECT count(*) FROM review_comments JOIN reviews ON reviews.id = review_id "
            "WHERE thread_id = ? AND state <> 'PENDING'",
            pull["id"],
        ),
        "maintainer_can_modify": False,
    }


def mergeable_state(world: World, db: Database, pull: Row) -> str:
    """dirty, draft, blocked, behind, unstable or clean; unknown once it is closed (GraphQL's MergeStateStatus)."""
    if pull["state"] == "closed":
        return "unknown"
    if pull["merge_commit_sha"] is None:
        return "dirty"
    if pull["draft"]:
        return "draft"
    repository = pull_rows.base_repository(db, pull)
    ref = HEADS + pull["base_ref"]
    update = world.repositories.update(repository["git_name"], ref, pull["base_sha"], pull["merge_commit_sha"])
    reasons = obstacles(db, repository, ref, update, proposal(world, db, pull))
    if reasons:
        return "behind" if reasons == [BEHIND] else "blocked"
    return "unstable" if unstable(conclusion_by_context(db, repository["id"], pull["head_sha"])) else "clean"


def requested(world: World, db: Database, pull: Row) -> tuple[list[views.Json], list[views.Json]]:
    """Who is asked for a review: people, and teams."""
    asked = "FROM review_requests WHERE thread_id = ?"
    users = db.all(f"SELECT * FROM accounts WHERE id IN (SELECT account_id {asked}) ORDER BY login", pull["id"])  # noqa: S608
    teams = db.all(f"SELECT * FROM teams WHERE id IN (SELECT team_id {asked}) ORDER BY slug", pull["id"])  # noqa: S608
    return [views.user(world, row) for row in users], [views.team(world, db, row) for row in teams]


def _counts(world: World, db: Database, pull: Row) -> views.Json:
    repository = pull_rows.base_repository(db, pull)
    found = Differences(world.repositories.git(repository["git_name"]))
    files, added, removed = found.totals(pull_state.ancestor(world, db, pull), pull["head_sha"])
    commits, _ = found.counts(pull["base_sha"], pull["head_sha"])
    return {"commits": commits, "additions": added, "deletions": removed, "changed_files": files}


def _addresses(world: World, repository: Row, pull: Row, issue: views.Json) -> views.Json:
    place = f"{world.api}/repos/{repository['full_name']}"
    address = f"{place}/pulls/{pull['number']}"
    named = {
        "self": address,
        "html": issue["html_url"],
        "issue": issue["url"],
        "comments": issue["comments_url"],
        "review_comments": f"{address}/comments",
        "review_comment": f"{place}/pulls/comments{{/number}}",
        "commits": f"{address}/commits",
        "statuses": f"{place}/statuses/{pull['head_sha']}",
    }
    flat = {f"{name}_url": named[name] for name in named if name not in {"self", "html", "comments"}}
    texts = {f"{kind}_url": f"{issue['html_url']}.{kind}" for kind in ("diff", "patch")}
    return {"url": address, **flat, **texts, "_links": {name: {"href": href} for name, href in named.items()}}


def _head(world: World, db: Database, pull: Row) -> views.Json:
    source = pull_rows.head_repository(db, pull)
    if source:
        return _end(world, db, source, pull["head_ref"], pull["head_sha"])
    user = views.owner(world, db, pull["head_owner"])
    label = f"{pull['head_owner']}:{pull['head_ref']}"
    return {"label": label, "ref": pull["head_ref"], "sha": pull["head_sha"], "user": user, "repo": None}


def _end(world: World, db: Database, repository: Row, ref: str, sha: str) -> views.Json:
    shown = views.repository(world, db, repository, Role.READ)
    del shown["permissions"]  # whoever looks: it is the pull request that is shown
    label = f"{repository['owner']}:{ref}"
    return {"label": label, "ref": ref, "sha": sha, "user": shown["owner"], "repo": shown}
