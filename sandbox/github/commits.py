"""Commits of a repository, and the identity that an account's own commits carry."""

from datetime import UTC, datetime

from sandbox.github import commit_views, diff_views, find
from sandbox.github.accounts import Actor
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.emails import account_of
from sandbox.github.errors import RefusalError, conflict, invalid
from sandbox.github.git import Commit, Differences, Identity, RefNotFoundError
from sandbox.github.pagination import page
from sandbox.github.store import Database, Row, load

routes = Routes()

MOST = 1000
"""Commits that can be paged through."""
EARLIEST, LATEST = "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"


def identity_of(db: Database, actor: Actor) -> Identity:
    """Who commits when ``actor`` writes through the API."""
    row = db.one("SELECT * FROM accounts WHERE id = ?", actor.id) or {}
    return Identity(row["name"] or row["login"], row["email"], datetime.now(UTC))


def web_flow() -> Identity:
    """Who commits what is merged through the API: GitHub itself."""
    return Identity("GitHub", "noreply@github.com", datetime.now(UTC))


@routes.add("GET", "/repos/{owner}/{repo}/commits")
def list_commits(call: Call) -> Answer:
    """Newest first; ``sha`` names the branch or commit to start from, the rest narrows it down."""
    repository = find.repository(call)
    start = call.query.get("sha") or load(repository["settings"])["default_branch"]
    if not call.world.repositories.branches(repository["git_name"]):
        raise conflict("Git Repository is empty.")
    commits = _commits(call, repository, start, call.query.get("path", ""), MOST)
    wanted = [commit for commit in commits if _is_wanted(call, commit)]
    shown = page(call, wanted)
    views = [commit_views.full(call.world, call.db, repository, commit) for commit in shown.body]
    return Answer(views, headers=shown.headers)


def _is_wanted(call: Call, commit: Commit) -> bool:
    query = call.query
    return (
        _is_by(call, commit.author, query.get("author"))
        and _is_by(call, commit.committer, query.get("committer"))
        and _moment(query.get("since", EARLIEST)) <= commit.committer.when <= _moment(query.get("until", LATEST))
    )


def _is_by(call: Call, identity: Identity, wanted: str | None) -> bool:
    """Whether it is this login's, or carries this address."""
    if wanted is None or wanted.lower() == identity.email.lower():
        return True
    account = account_of(call.db, identity.email)
    return account is not None and account["login"].lower() == wanted.lower()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("Commit", "since", "invalid", f"{text!r} is no ISO 8601 time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}")
def get_commit(call: Call) -> Answer:
    """One commit with the files that it changed, or its difference as text."""
    repository = find.repository(call)
    commit = _commits(call, repository, call.parameters["ref"], "", 1)[0]
    parent = commit.parents[0] if commit.parents else None
    found = Differences(call.world.repositories.git(repository["git_name"]))
    kind = diff_views.media(call)
    if kind != "json":
        texts = {
            "sha": commit.sha.encode(),
            "diff": found.diff(parent, commit.sha),
            "patch": found.patches(None, commit.sha),
        }
        return diff_views.text(kind, texts[kind])
    changes = found.files(parent, commit.sha)
    added, removed = sum(one.additions for one in changes), sum(one.deletions for one in changes)
    view = commit_views.full(call.world, call.db, repository, commit)
    shown = page(call, changes, usual=diff_views.LARGEST)
    view["stats"] = {"additions": added, "deletions": removed, "total": added + removed}
    view["files"] = diff_views.files(call.world, repository, commit.sha, shown.body)
    return Answer(view, headers=shown.headers)


def commit_of(call: Call, repository: Row, ref: str) -> str:
    """The commit that a branch, a tag or an object id leads to.

    Raises:
        RefusalError: 422, to none.
    """
    sha = call.world.repositories.head(repository["git_name"], ref)
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {ref}")
    return sha


def _commits(call: Call, repository: Row, ref: str, path: str, limit: int) -> list[Commit]:
    try:
        return list(call.world.repositories.commits(repository["git_name"], ref, path, limit))
    except RefNotFoundError:
        raise RefusalError(422, f"No commit found for SHA: {ref}") from None
