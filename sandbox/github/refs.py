"""Branches and other refs: read, create, move, delete, rename. The rules have their say in every change."""

from collections.abc import Callable

from pydantic import Field

from sandbox.github import commit_views, find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, not_found, rule_violations
from sandbox.github.git import (
    NotFastForwardError,
    ObjectNotFoundError,
    RefConflictError,
    RefExistsError,
    RefNotFoundError,
    Update,
)
from sandbox.github.pagination import page
from sandbox.github.pushes import announce
from sandbox.github.rules import HEADS, TAGS, Change, protection_of, violations
from sandbox.github.store import Row, dump, load, now

routes = Routes()


class NewRef(Body):
    """POST a ref."""

    ref: str = Field(min_length=1)
    sha: str


class RefChange(Body):
    """PATCH a ref."""

    sha: str
    force: bool = False


class NewName(Body):
    """POST a branch's new name."""

    new_name: str = Field(min_length=1)


@routes.add("GET", "/repos/{owner}/{repo}/branches")
def list_branches(call: Call) -> Answer:
    """By name."""
    repository = find.repository(call)
    branches = sorted(call.world.repositories.branches(repository["git_name"]).items())
    wanted = call.query.get("protected")
    shown = [_short(call, repository, name, sha) for name, sha in branches]
    return page(call, [b for b in shown if wanted is None or b["protected"] == (wanted == "true")])


@routes.add("POST", "/repos/{owner}/{repo}/branches/{branch}/rename")
def rename_branch(call: Call) -> Answer:
    """The default branch stays the default branch under its new name."""
    name = find.writable(call, Role.WRITE)["git_name"]
    repository = find.writable(call, Role.ADMIN if _is_default(call) else Role.WRITE)
    old, new = call.parameters["branch"], call.body(NewName, "Branch").new_name
    sha = call.world.repositories.branches(name).get(old)
    if sha is None:
        raise not_found()
    made, gone = _update(call, repository, HEADS + new, None, sha), _update(call, repository, HEADS + old, sha, None)
    _ask(call, repository, made)
    if not _is_default(call):
        _ask(call, repository, gone)
    _translated(lambda: call.world.repositories.create_ref(name, HEADS + new, sha))
    if _is_default(call):
        call.world.repositories.set_default_branch(name, new)
        settings = load(repository["settings"]) | {"default_branch": new}
        call.db.update("repositories", repository["id"], settings=dump(settings), updated_at=now())
    call.db.run(
        "UPDATE protections SET pattern = ? WHERE repository_id = ? AND pattern = ?", new, repository["id"], old
    )
    _translated(lambda: call.world.repositories.delete_ref(name, HEADS + old))
    announce(call.world, call.db, repository, [made, gone], call.actor)
    return Answer(_branch(call, find.repository(call), new, sha), 201)


def _is_default(call: Call) -> bool:
    return bool(load(find.repository(call)["settings"])["default_branch"] == call.parameters["branch"])


@routes.add("GET", "/repos/{owner}/{repo}/branches/{branch:path}")
def get_branch(call: Call) -> Answer:
    """One branch with its newest commit."""
    repository = find.repository(call)
    name = call.parameters["branch"]
    sha = call.world.repositories.branches(repository["git_name"]).get(name)
    if sha is None:
        raise RefusalError(404, "Branch not found")
    return Answer(_branch(call, repository, name, sha))


@routes.add("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}")
@routes.add("GET", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def get_ref(call: Call) -> Answer:
    """Exactly this ref."""
    repository = find.repository(call)
    ref = f"refs/{call.parameters['ref'].removeprefix('refs/')}"
    sha = _refs(call, repository).get(ref)
    if sha is None:
        raise not_found()
    return Answer(_ref(call, repository, ref, sha))


@routes.add("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref:path}")
def list_matching_refs(call: Call) -> Answer:
    """Every ref whose name starts like this."""
    repository = find.repository(call)
    refs = sorted(_refs(call, repository).items())
    start = f"refs/{call.parameters['ref']}"
    return page(call, [_ref(call, repository, ref, sha) for ref, sha in refs if ref.startswith(start)])


@routes.add("POST", "/repos/{owner}/{repo}/git/refs")
def create_ref(call: Call) -> Answer:
    """A new branch or tag on a commit that is there."""
    repository = find.writable(call, Role.WRITE)
    body = call.body(NewRef, "Reference")
    if not body.ref.startswith((HEADS, TAGS)):
        raise RefusalError(422, "Reference name must start with 'refs/heads/' or 'refs/tags/'.")
    name = repository["git_name"]
    git = call.world.repositories
    update = _update(call, repository, body.ref, None, body.sha)
    _change(call, repository, update, lambda: git.create_ref(name, body.ref, body.sha))
    return Answer(_ref(call, repository, body.ref, body.sha), 201)


@routes.add("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def update_ref(call: Call) -> Answer:
    """Move it, only forward unless forced."""
    repository = find.writable(call, Role.WRITE)
    ref, body = f"refs/{call.parameters['ref']}", call.body(RefChange, "Reference")
    old = _existing(call, repository, ref)
    git, name = call.world.repositories, repository["git_name"]
    update = _update(call, repository, ref, old, body.sha)
    _change(call, repository, update, lambda: git.update_ref(name, ref, body.sha, force=body.force))
    return Answer(_ref(call, repository, ref, body.sha))


@routes.add("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def delete_ref(call: Call) -> Answer:
    """The default branch stays."""
    repository = find.writable(call, Role.WRITE)
    ref = f"refs/{call.parameters['ref']}"
    old = _existing(call, repository, ref)
    if ref == HEADS + load(repository["settings"])["default_branch"]:
        raise RefusalError(422, "Cannot delete the default branch.")
    git, name = call.world.repositories, repository["git_name"]
    _change(call, repository, _update(call, repository, ref, old, None), lambda: git.delete_ref(name, ref))
    return NO_CONTENT


def _change(call: Call, repository: Row, update: Update, write: Callable[[], object]) -> None:
    """Ask the rules, write, tell the webhooks."""
    _ask(call, repository, update)
    _translated(write)
    announce(call.world, call.db, repository, [update], call.actor)


def _ask(call: Call, repository: Row, update: Update) -> None:
    """Whether the rules let the actor do this."""
    reasons = violations(call.db, repository, Change(update, call.actor, signed=False))
    if reasons:
        raise rule_violations(reasons)


def _update(call: Call, repository: Row, ref: str, old: str | None, new: str | None) -> Update:
    if new is not None and call.world.repositories.head(repository["git_name"], new) is None:
        raise RefusalError(422, "Object does not exist")
    return call.world.repositories.update(repository["git_name"], ref, old, new)


def _translated(write: Callable[[], object]) -> None:
    try:
        write()
    except RefExistsError:
        raise RefusalError(422, "Reference already exists") from None
    except (RefNotFoundError, RefConflictError):
        raise RefusalError(422, "Reference does not exist") from None
    except NotFastForwardError:
        raise RefusalError(422, "Update is not a fast forward") from None
    except ObjectNotFoundError:
        raise RefusalError(422, "Object does not exist") from None


def _refs(call: Call, repository: Row) -> dict[str, str]:
    git, name = call.world.repositories, repository["git_name"]
    heads = {HEADS + branch: sha for branch, sha in git.branches(name).items()}
    return heads | {TAGS + tag: sha for tag, sha in git.tags(name).items()}


def _existing(call: Call, repository: Row, ref: str) -> str:
    sha = _refs(call, repository).get(ref)
    if sha is None:
        raise RefusalError(422, "Reference does not exist")
    return sha


def _ref(call: Call, repository: Row, ref: str, sha: str) -> views.Json:
    git = f"{call.world.api}/repos/{repository['full_name']}/git"
    kind = call.world.repositories.reader(repository["git_name"]).kind(sha) or "commit"
    return {
        "ref": ref,
        "node_id": f"REF_{repository['id']}_{ref}",
        "url": f"{git}/{ref}",
        "object": {"sha": sha, "type": kind, "url": f"{git}/{kind}s/{sha}"},
    }


def _short(call: Call, repository: Row, name: str, sha: str) -> views.Json:
    address = f"{call.world.api}/repos/{repository['full_name']}"
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{address}/commits/{sha}"},
        "protected": protection_of(call.db, repository, HEADS + name) is not None,
    }


def _branch(call: Call, repository: Row, name: str, sha: str) -> views.Json:
    address = f"{call.world.api}/repos/{repository['full_name']}/branches/{name}"
    commit = call.world.repositories.commits(repository["git_name"], sha, limit=1)[0]
    protection = protection_of(call.db, repository, HEADS + name)
    checks = (protection or {}).get("required_status_checks") or {"checks": []}
    contexts = [check["context"] for check in checks["checks"]]
    level = "off" if not contexts else "everyone" if protection and protection["enforce_admins"] else "non_admins"
    return {
        "name": name,
        "commit": commit_views.full(call.world, call.db, repository, commit),
        "_links": {"self": address, "html": f"{call.world.base}/{repository['full_name']}/tree/{name}"},
        "protected": protection is not None,
        "protection": {
            "enabled": protection is not None,
            "required_status_checks": {"enforcement_level": level, "contexts": contexts, "checks": checks["checks"]},
        },
        "protection_url": f"{address}/protection",
    }
