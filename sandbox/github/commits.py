"""Commits of a repository, and the identity that an account's own commits carry."""

from datetime import UTC, datetime

from sandbox.github import commit_views, find
from sandbox.github.accounts import Actor
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.errors import RefusalError, conflict
from sandbox.github.git import Commit, Identity, RefNotFoundError
from sandbox.github.pagination import page
from sandbox.github.store import Database, Row, load

routes = Routes()

MOST = 1000
"""Commits that can be paged through."""


def identity_of(db: Database, actor: Actor) -> Identity:
    """Who commits when ``actor`` writes through the API."""
    row = db.one("SELECT * FROM accounts WHERE id = ?", actor.id) or {}
    return Identity(row["name"] or row["login"], row["email"], datetime.now(UTC))


@routes.add("GET", "/repos/{owner}/{repo}/commits")
def list_commits(call: Call) -> Answer:
    """Newest first; ``sha`` names the branch or commit to start from, ``path`` narrows it down."""
    call.refuse_queries("author", "committer", "since", "until")
    repository = find.repository(call)
    start = call.query.get("sha") or load(repository["settings"])["default_branch"]
    if not call.world.repositories.branches(repository["git_name"]):
        raise conflict("Git Repository is empty.")
    commits = _commits(call, repository, start, call.query.get("path", ""), MOST)
    return page(call, [commit_views.full(call.world, call.db, repository, commit) for commit in commits])


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}")
def get_commit(call: Call) -> Answer:
    """One commit with the files that it changed."""
    repository = find.repository(call)
    commit = _commits(call, repository, call.parameters["ref"], "", 1)[0]
    parent = commit.parents[0] if commit.parents else None
    changes = call.world.repositories.changed_files(repository["git_name"], parent, commit.sha)
    counts = dict.fromkeys(("additions", "deletions", "changes"), 0)
    address = f"{call.world.api}/repos/{repository['full_name']}/contents"
    files = [
        {
            "sha": None,
            "filename": change.path,
            "status": change.status,
            **counts,
            "blob_url": "",
            "raw_url": "",
            "contents_url": f"{address}/{change.path}?ref={commit.sha}",
        }
        for change in changes
    ]
    return Answer(
        commit_views.full(call.world, call.db, repository, commit) | {"stats": {**counts, "total": 0}, "files": files}
    )


def _commits(call: Call, repository: Row, ref: str, path: str, limit: int) -> list[Commit]:
    try:
        return list(call.world.repositories.commits(repository["git_name"], ref, path, limit))
    except RefNotFoundError:
        raise RefusalError(422, f"No commit found for SHA: {ref}") from None
