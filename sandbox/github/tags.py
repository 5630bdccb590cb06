"""Tags as the API lists them, and making those that a release needs."""

from datetime import UTC
from urllib.parse import quote

from sandbox.github import find, views
from sandbox.github.calls import Answer, Call, Routes
from sandbox.github.commits import commit_of
from sandbox.github.errors import RefusalError, rule_violations
from sandbox.github.git import RefExistsError
from sandbox.github.pagination import page
from sandbox.github.pushes import announce
from sandbox.github.rules import TAGS, Change, violations
from sandbox.github.store import Row

routes = Routes()


@routes.add("GET", "/repos/{owner}/{repo}/tags")
def list_tags(call: Call) -> Answer:
    """By name, the last first."""
    repository = find.repository(call)
    names = sorted(call.world.repositories.tags(repository["git_name"]), reverse=True)
    listed = page(call, names)
    return Answer([_view(call, repository, name) for name in listed.body], headers=listed.headers)


def _view(call: Call, repository: Row, name: str) -> views.Json:
    api = f"{call.world.api}/repos/{repository['full_name']}"
    sha = call.world.repositories.head(repository["git_name"], TAGS + name)
    ref = quote(TAGS + name)
    return {
        "name": name,
        "zipball_url": f"{api}/zipball/{ref}",
        "tarball_url": f"{api}/tarball/{ref}",
        "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
        "node_id": f"REF_{repository['id']}_{TAGS}{name}",
    }


def ensure(call: Call, repository: Row, name: str, target: str) -> str:
    """Make the tag on ``target`` unless there is one; the time of its commit.

    Raises:
        RefusalError: 422, no such target; 409, a rule is against it.
    """
    git, folder = call.world.repositories, repository["git_name"]
    if name not in git.tags(folder):
        sha = commit_of(call, repository, target)
        update = git.update(folder, TAGS + name, None, sha)
        reasons = violations(call.db, repository, Change(update, call.actor, signed=False))
        if reasons:
            raise rule_violations(reasons)
        try:
            git.create_ref(folder, TAGS + name, sha)
        except RefExistsError:
            raise RefusalError(422, "Reference already exists") from None
        announce(call.world, call.db, repository, [update], call.actor)
    commit = git.commits(folder, TAGS + name, limit=1)[0]
    return commit.committer.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
