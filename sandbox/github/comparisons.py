"""Comparing two commits of a repository, or one of it and one of a fork."""

from urllib.parse import quote

from sandbox.github import commit_views, diff_views, find, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.errors import RefusalError, not_found
from sandbox.github.git import Commit, Differences
from sandbox.github.pagination import page
from sandbox.github.store import Row

routes = Routes()

MOST = 10_000
"""Commits that can be paged through."""
USUAL_SIZE = 250
"""Commits of a page unless asked otherwise."""


@routes.add("GET", "/repos/{owner}/{repo}/compare/{span:path}")
def compare(call: Call) -> Answer:
    """``base...head``; either may be ``owner:ref`` of the repository's network. Files are on the first page."""
    repository = find.repository(call)
    base_name, dots, head_name = call.parameters["span"].partition("...")
    if not dots:
        raise not_found()
    base, head = _commit(call, repository, base_name), _commit(call, repository, head_name)
    found = Differences(call.world.repositories.git(repository["git_name"]))
    ancestor = found.merge_base(base, head)
    if ancestor is None:
        raise RefusalError(404, f"No common ancestor between {base_name} and {head_name}.")
    kind = diff_views.media(call)
    if kind in {"diff", "patch"}:
        return diff_views.text(kind, found.diff(ancestor, head) if kind == "diff" else found.patches(ancestor, head))
    return _answer(call, repository, found, (base, ancestor, head))


def _commit(call: Call, repository: Row, name: str) -> str:
    """The commit of ``ref`` or ``owner:ref``, brought into the repository if a fork has it."""
    owner, colon, ref = name.partition(":")
    place = find.in_network(call.db, repository, owner) if colon else repository
    if place is None or role_of(call.db, call.actor, place) < Role.READ:
        raise not_found()
    sha = call.world.repositories.head(place["git_name"], ref if colon else name)
    if sha is None:
        raise not_found()
    call.world.repositories.fetch(repository["git_name"], place["git_name"], sha)
    return sha


def _answer(call: Call, repository: Row, found: Differences, commits: tuple[str, str, str]) -> Answer:
    base, ancestor, head = commits
    ahead, behind = found.counts(base, head)
    reader = call.world.repositories.reader(repository["git_name"])
    brought = list(reversed(reader.introduced(head, base, MOST)))
    shown = page(call, brought, usual=USUAL_SIZE)
    files = found.files(ancestor, head)[: diff_views.LARGEST] if call.query.get("page", "1") == "1" else []
    body = _addresses(call, repository) | {
        "base_commit": _shown(call, repository, reader.commits(base, limit=1)[0]),
        "merge_base_commit": _shown(call, repository, reader.commits(ancestor, limit=1)[0]),
        "status": _status(ahead, behind),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": len(brought),
        "commits": [_shown(call, repository, commit) for commit in shown.body],
        "files": diff_views.files(call.world, repository, head, files),
    }
    return Answer(body, headers=shown.headers)


def _shown(call: Call, repository: Row, commit: Commit) -> views.Json:
    return commit_views.full(call.world, call.db, repository, commit)


def _status(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"


def _addresses(call: Call, repository: Row) -> views.Json:
    html = f"{call.world.base}/{repository['full_name']}/compare/{quote(call.parameters['span'])}"
    named = {"html_url": html, "permalink_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch"}
    return {"url": call.url, **named}
