"""What reviews and their comments look like in answers and events."""

from sandbox.github import pull_rows, threads, views
from sandbox.github.diff_views import position
from sandbox.github.git import Differences
from sandbox.github.issue_views import reactions
from sandbox.github.store import Database, Row
from sandbox.github.world import World


def review(world: World, db: Database, pull: Row, row: Row) -> views.Json:
    """GitHub's "pull request review"; a pending one has no time yet."""
    repository = pull_rows.base_repository(db, pull)
    html = f"{world.base}/{repository['full_name']}/pull/{pull['number']}"
    address = f"{world.api}/repos/{repository['full_name']}/pulls/{pull['number']}"
    shown = {
        "id": row["id"],
        "node_id": views.node_id("PRR", row["id"]),
        "user": threads.account(world, db, row["account_id"]),
        "body": row["body"],
        "state": row["state"],
        "html_url": f"{html}#pullrequestreview-{row['id']}",
        "pull_request_url": address,
        "author_association": threads.association(db, repository, row["account_id"]),
        "_links": {"html": {"href": f"{html}#pullrequestreview-{row['id']}"}, "pull_request": {"href": address}},
        "commit_id": row["commit_id"],
    }
    return shown | ({"submitted_at": row["submitted_at"]} if row["submitted_at"] else {})


def in_event(shown: views.Json) -> views.Json:
    """The same in an event, where the state is written small."""
    return shown | {"state": shown["state"].lower()}


def comment(world: World, db: Database, pull: Row, row: Row) -> views.Json:
    """GitHub's "pull request review comment"."""
    repository = pull_rows.base_repository(db, pull)
    written = db.one("SELECT * FROM reviews WHERE id = ?", row["review_id"]) or {}
    place = f"{world.api}/repos/{repository['full_name']}/pulls"
    address = f"{place}/comments/{row['id']}"
    html = f"{world.base}/{repository['full_name']}/pull/{pull['number']}#discussion_r{row['id']}"
    patch = patch_of(world, repository, pull, written["commit_id"], row["path"]) or ""
    place_in_patch = position(patch, row["line"], row["side"]) if row["line"] else None
    shown = {
        "url": address,
        "pull_request_review_id": row["review_id"],
        "id": row["id"],
        "node_id": views.node_id("PRRC", row["id"]),
        "diff_hunk": patch,
        "position": place_in_patch,
        "original_position": place_in_patch,
        "path": row["path"],
        "commit_id": pull["head_sha"],
        "original_commit_id": written["commit_id"],
        "user": threads.account(world, db, written["account_id"]),
        "body": row["body"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "html_url": html,
        "pull_request_url": f"{place}/{pull['number']}",
        "author_association": threads.association(db, repository, written["account_id"]),
        "_links": {
            "self": {"href": address},
            "html": {"href": html},
            "pull_request": {"href": f"{place}/{pull['number']}"},
        },
        "line": row["line"],
        "original_line": row["line"],
        "start_line": None,
        "original_start_line": None,
        "start_side": None,
        "side": row["side"],
        "subject_type": "line" if row["line"] else "file",
        "reactions": reactions(address),
    }
    return shown | ({"in_reply_to_id": row["reply_to"]} if row["reply_to"] else {})


def patch_of(world: World, repository: Row, pull: Row, commit: str, path: str) -> str | None:
    """How a pull request, as it was at ``commit``, changes a file; empty without hunks, None if it does not."""
    found = Differences(world.repositories.git(repository["git_name"]))
    ancestor = found.merge_base(pull["base_sha"], commit) or pull["base_sha"]
    return next((file.patch or "" for file in found.files(ancestor, commit) if file.path == path), None)
