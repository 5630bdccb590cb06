"""What a limited token needs for a route: a fine-grained personal token, an App's token, a job's.

Source: GitHub's "Permissions required for fine-grained personal access tokens" and the same for GitHub Apps. Reading
needs ``read``, anything else ``write``. What anybody can read of a public repository, any token can.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.github import find
from sandbox.github.accounts import ANONYMOUS, Role, role_of
from sandbox.github.calls import Call
from sandbox.github.errors import RefusalError, not_found
from sandbox.github.find import READS

REPOSITORY = re.compile(r"^(/repos/\{owner\}/\{repo\}|/repositories/\{repository_id\})")


@dataclass(frozen=True)
class Need:
    """What a group of routes needs: one of these permissions."""

    read: Sequence[str]
    write: Sequence[str]
    public: bool = False
    """Whether anybody reads it where the repository is public."""


def _need(read: str, write: str = "", *, public: bool = False) -> Need:
    return Need(read.split("|"), (write or read).split("|"), public)


IN_REPOSITORY: Sequence[tuple[str, Need]] = (
    (r"", _need("metadata", "administration")),
    (r"/installation", _need("metadata")),
    (
        r"/contents.*|/git/.*|/merges|/compare/.*|/releases.*|/dispatches|/tags|/zipball.*|/tarball.*",
        _need("contents", public=True),
    ),
    (r"/commits/[^/]*/(check-runs|check-suites)|/check-(runs|suites).*", _need("checks", public=True)),
    (r"/commits/[^/]*/status(es)?|/statuses/.*", _need("statuses", public=True)),
    (r"/commits/[^/]*/pulls", _need("pull_requests", public=True)),
    (r"/commits.*", _need("contents", public=True)),
    (r"/branches/[^/]*/protection.*", _need("administration")),
    (r"/branches.*", _need("contents", public=True)),
    (r"/merge-upstream", _need("contents")),
    (r"/pulls/[^/]*/merge", _need("pull_requests|contents", "contents", public=True)),
    (r"/pulls.*", _need("pull_requests", public=True)),
    (r"/issues.*|/labels.*|/assignees.*|/milestones.*", _need("issues|pull_requests", public=True)),
    (r"/deployments.*", _need("deployments", public=True)),
    (r"/environments/[^/]*/(secrets|variables).*", _need("environments")),
    (r"/environments.*", _need("actions", "administration", public=True)),
    (r"/actions/secrets.*", _need("secrets")),
    (r"/actions/variables.*", _need("variables")),
    (r"/actions/permissions.*", _need("administration")),
    (r"/actions/runs/[^/]*/pending_deployments", _need("actions", "deployments", public=True)),
    (r"/actions/.*", _need("actions", public=True)),
    (r"/hooks.*", _need("repository_hooks")),
    (r"/forks", _need("metadata", "administration", public=True)),
    (
        r"/rulesets.*|/rules.*|/collaborators.*|/invitations|/teams|/topics|/languages|/contributors",
        _need("metadata", "administration", public=True),
    ),
    (r"/vulnerability-alerts|/automated-security-fixes", _need("administration")),
)
"""Below the repository; the first that fits counts."""

ELSEWHERE: Sequence[tuple[str, Need]] = (
    (r"/(meta|rate_limit|graphql|user|installation/.*|users/.*|user/[^/]*|apps/.*)", _need("metadata")),
    (r"/orgs/\{org\}", _need("metadata", "organization_administration")),
    (r"/orgs/\{org\}/repos", _need("metadata", "administration")),
    (r"/orgs/\{org\}/actions/.*", _need("organization_administration")),
    (
        r"/(orgs/\{org\}|organizations/\{organization_id\})/(teams?|members|memberships|outside_collaborators|invitations|public_members|installation).*",
        _need("members"),
    ),
    (r"/teams/.*|/user/memberships/.*|/user/teams", _need("members")),
)
"""Outside repositories."""

ITSELF = re.compile(r"/app(/.*)?|/(orgs|users)/\{org\}/installation|/repos/\{owner\}/\{repo\}/installation")
FREE = re.compile(r"/meta|/rate_limit|/apps/.*|/graphql|/installation/.*")
"""What changes nothing of anybody's, or checks by itself."""


def need(path: str) -> Need | None:
    """What the route with this pattern needs; None for one that nobody thought of."""
    inside = REPOSITORY.match(path)
    table, rest = (IN_REPOSITORY, path[inside.end() :]) if inside else (ELSEWHERE, path)
    plain = re.sub(r":\w+\}", "}", rest)
    return next((what for pattern, what in table if re.fullmatch(pattern, plain)), None)


def check(call: Call, path: str) -> None:
    """Whether the token's own limits let it call the route with the pattern ``path``.

    Raises:
        RefusalError: 401 for an App's own token anywhere but at the App's routes; 403 for a token that lacks a
            permission; 404 for a route without a rule, so that none is open by oversight.
    """
    actor = call.actor
    if actor.kind == "jwt" and not (ITSELF.fullmatch(path) or FREE.fullmatch(path)):
        raise RefusalError(401, "A JSON web token can be used for the App's own routes only")
    if actor.grants is None or actor.kind == "jwt" or FREE.fullmatch(path) or ITSELF.fullmatch(path):
        return
    needed = need(path)
    if needed is None:
        raise not_found()
    reads = call.method in READS
    level, permissions = ("read", needed.read) if reads else ("write", needed.write)
    if any(actor.may(permission, level) for permission in permissions):
        return
    if not (reads and needed.public and _is_public(call)):
        raise actor.refusal


def _is_public(call: Call) -> bool:
    repository = find.named(call)
    return repository is not None and role_of(call.db, ANONYMOUS, repository) >= Role.READ
