"""Deployments by request. Left out: merging the default branch first."""

from typing import Any, Literal

from pydantic import Field

from sandbox.github import deploying, find
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.checks import PASSING, conclusion_by_context
from sandbox.github.commits import commit_of
from sandbox.github.deploying import Deployer
from sandbox.github.environments import ensure
from sandbox.github.errors import RefusalError, not_found, unsupported
from sandbox.github.pagination import page
from sandbox.github.store import Row, dump, load

routes = Routes()

ALL = "/repos/{owner}/{repo}/deployments"
ONE = ALL + "/{deployment_id:int}"
HTTP = r"^https?://\S+$"


class NewDeployment(Body):
    """POST a deployment."""

    ref: str = Field(min_length=1)
    task: str = "deploy"
    auto_merge: bool = True
    required_contexts: list[str] | None = None
    payload: dict[str, Any] | str = Field(default_factory=dict)
    environment: str = Field(default="production", min_length=1)
    description: str | None = Field(default="", max_length=140)
    transient_environment: bool = False
    production_environment: bool | None = None


class NewStatus(Body):
    """POST a deployment's status."""

    state: Literal["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]
    target_url: str = ""
    log_url: str = ""
    description: str = Field(default="", max_length=140)
    environment: str | None = None
    environment_url: str = ""
    auto_inactive: bool = True


@routes.add("GET", ALL)
def list_deployments(call: Call) -> Answer:
    """Newest first; narrowed down by ``sha``, ``ref``, ``task`` and ``environment``."""
    repository = find.repository(call)
    rows = call.db.all("SELECT * FROM deployments WHERE repository_id = ? ORDER BY id DESC", repository["id"])
    wanted = [
        row
        for row in rows
        if all(call.query.get(name, row[name]) == row[name] for name in ("sha", "ref", "task", "environment"))
    ]
    return page(call, [deploying.deployment(call.world, call.db, repository, row) for row in wanted])


@routes.add("POST", ALL)
def create_deployment(call: Call) -> Answer:
    """Refused while a check that is required for it has not passed."""
    repository = find.writable(call, Role.WRITE)
    body = call.body(NewDeployment, "Deployment")
    sha = _deployable(call, repository, body)
    ensure(call.db, repository, body.environment)
    production = body.production_environment
    columns = {
        "task": body.task,
        "payload": dump(body.payload),
        "description": body.description or None,
        "transient": body.transient_environment,
        "production": body.environment == "production" if production is None else production,
    }
    row = _deployer(call, repository).begin(body.ref, sha, body.environment, columns)
    return Answer(deploying.deployment(call.world, call.db, repository, row), 201)


def _deployable(call: Call, repository: Row, body: NewDeployment) -> str:
    """The commit of the ref, once nothing is against it.

    Raises:
        RefusalError: 409, checks have not passed; 422, no such ref, or it lacks commits of the default branch.
    """
    sha = commit_of(call, repository, body.ref)
    branch, git = load(repository["settings"])["default_branch"], call.world.repositories
    tip = git.head(repository["git_name"], branch)
    if body.auto_merge and tip and not git.is_ancestor(repository["git_name"], tip, sha):
        raise unsupported("Deployment", "auto_merge", f"Merging {branch} into {body.ref}")
    said = conclusion_by_context(call.db, repository["id"], sha)
    required = list(said) if body.required_contexts is None else body.required_contexts
    lacking = [
        {"contexts": [name], "state": said.get(name, "expected")} for name in required if said.get(name) not in PASSING
    ]
    if lacking:
        raise RefusalError(409, f"Conflict: Commit status checks failed for {body.ref}.", lacking)
    return sha


@routes.add("GET", ONE)
def get_deployment(call: Call) -> Answer:
    """One deployment."""
    repository = find.repository(call)
    return Answer(deploying.deployment(call.world, call.db, repository, _row(call, repository)))


@routes.add("DELETE", ONE)
def delete_deployment(call: Call) -> Answer:
    """Only the last one may be active when it goes."""
    repository = find.writable(call, Role.WRITE)
    row = _row(call, repository)
    last = deploying.last_status(call.db, row["id"])
    others = call.db.count(
        "SELECT count(*) FROM deployments WHERE repository_id = ? AND id != ?", repository["id"], row["id"]
    )
    if others and last and last["state"] not in deploying.OVER:
        raise RefusalError(
            422, "We cannot delete an active deployment unless it is the only deployment in a given environment."
        )
    call.db.run("DELETE FROM deployments WHERE id = ?", row["id"])
    return NO_CONTENT


@routes.add("GET", ONE + "/statuses")
def list_statuses(call: Call) -> Answer:
    """Newest first."""
    repository = find.repository(call)
    row = _row(call, repository)
    said = call.db.all("SELECT * FROM deployment_statuses WHERE deployment_id = ? ORDER BY id DESC", row["id"])
    return page(call, [deploying.status(call.world, call.db, repository, row, each) for each in said])


@routes.add("POST", ONE + "/statuses")
def create_status(call: Call) -> Answer:
    """Say how it goes."""
    repository = find.writable(call, Role.WRITE)
    row, body = _row(call, repository), call.body(NewStatus, "DeploymentStatus")
    columns = {
        "description": body.description,
        "environment": body.environment or row["environment"],
        "environment_url": body.environment_url,
        "log_url": body.log_url or body.target_url,
    }
    said = _deployer(call, repository).report(row, body.state, columns, auto_inactive=body.auto_inactive)
    return Answer(deploying.status(call.world, call.db, repository, row, said), 201)


@routes.add("GET", ONE + "/statuses/{status_id:int}")
def get_status(call: Call) -> Answer:
    """One thing that was said."""
    repository = find.repository(call)
    row = _row(call, repository)
    sql = "SELECT * FROM deployment_statuses WHERE deployment_id = ? AND id = ?"
    said = call.db.one(sql, row["id"], call.parameters["status_id"])
    if said is None:
        raise not_found()
    return Answer(deploying.status(call.world, call.db, repository, row, said))


def _deployer(call: Call, repository: Row) -> Deployer:
    return Deployer(call.db, call.world, repository, call.actor)


def _row(call: Call, repository: Row) -> Row:
    row = deploying.by_id(call.db, int(call.parameters["deployment_id"]))
    if not row or row["repository_id"] != repository["id"]:
        raise not_found()
    return row
