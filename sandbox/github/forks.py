"""Forks: copies of the organisation's repositories in a user's account, from which pull requests come.

Left out: forks of forks, forks inside an organisation, keeping a fork up to date with its parent.
"""

from pydantic import Field

from sandbox.github import find, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, forbidden, invalid, unsupported
from sandbox.github.events import emit, sender
from sandbox.github.pagination import page
from sandbox.github.repositories import add
from sandbox.github.settings import DEFAULTS, NAME, Settings, merged
from sandbox.github.store import Row, load

routes = Routes()

INHERITED = ("description", "homepage", "language", "visibility", "default_branch", "has_projects", "has_wiki")
"""What a fork has from its parent; issues are off, and the rest is what every new repository starts with."""


class NewFork(Body):
    """POST a fork."""

    organization: str | None = None
    name: str | None = Field(default=None, pattern=NAME)
    default_branch_only: bool = False


@routes.add("GET", "/repos/{owner}/{repo}/forks")
def list_forks(call: Call) -> Answer:
    """Newest first."""
    repository = find.repository(call)
    rows = call.db.all("SELECT * FROM repositories WHERE fork_of = ? ORDER BY id DESC", repository["id"])
    return page(call, [views.repository(call.world, call.db, row, role_of(call.db, call.actor, row)) for row in rows])


@routes.add("GET", "/users/{username}/repos")
def list_of_user(call: Call) -> Answer:
    """A user's repositories, which are forks here."""
    call.refuse_queries("type", "sort", "direction")
    owner = find.account(call.db, call.parameters["username"])["login"]
    rows = call.db.all("SELECT * FROM repositories WHERE owner = ? ORDER BY name", owner)
    seen = [(row, role_of(call.db, call.actor, row)) for row in rows]
    return page(call, [views.repository(call.world, call.db, row, role) for row, role in seen if role >= Role.READ])


@routes.add("POST", "/repos/{owner}/{repo}/forks")
def create_fork(call: Call) -> Answer:
    """Copy it into the caller's account; the fork that is there already is answered again."""
    parent = find.repository(call)
    body = call.body(NewFork, "Repository")
    _check(call, parent, body)
    present = call.db.one("SELECT * FROM repositories WHERE fork_of = ? AND owner = ?", parent["id"], call.actor.login)
    return Answer(_full(call, present or _made(call, parent, body)), 202)


def _check(call: Call, parent: Row, body: NewFork) -> None:
    if call.actor.app_id is not None:
        raise forbidden("Resource not accessible by integration")
    if body.organization:
        raise unsupported("Repository", "organization", "A fork inside an organisation")
    if parent["fork_of"] is not None:
        raise unsupported("Repository", "fork", "A fork of a fork")
    if not load(parent["settings"])["allow_forking"]:
        raise forbidden("This repository does not allow forking.")
    if not call.world.repositories.branches(parent["git_name"]):
        raise RefusalError(
            403, "The repository exists, but it contains no Git content. Empty repositories cannot be forked."
        )


def _made(call: Call, parent: Row, body: NewFork) -> Row:
    name = body.name or parent["name"]
    if find.by_name(call.db, call.actor.login, name):
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    number = add(call.db, name, _settings(parent), owner=call.actor.login, fork_of=parent["id"])
    row = call.db.one("SELECT * FROM repositories WHERE id = ?", number) or {}
    git = call.world.repositories
    if git.exists(row["git_name"]):
        git.delete(row["git_name"])  # left by a request that did not get to its end
    branch = load(parent["settings"])["default_branch"]
    git.fork(parent["git_name"], row["git_name"], branch, only_default=body.default_branch_only)
    payload = {"forkee": _full(call, row)} | sender(call.db, call.world, call.actor)
    emit(call.db, call.world, parent, "fork", None, payload)
    return row


def _settings(parent: Row) -> Settings:
    given = load(parent["settings"])
    return merged(DEFAULTS, {name: given[name] for name in INHERITED} | {"has_issues": False})


def _full(call: Call, row: Row) -> views.Json:
    return views.full_repository(call.world, call.db, row, role_of(call.db, call.actor, row))
