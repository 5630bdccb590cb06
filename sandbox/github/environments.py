"""Deployment environments of a repository: reviewers, wait timer, and which branches may deploy."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sandbox.github import find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, invalid, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Database, Row, dump, load, now

routes = Routes()

ONE = "/repos/{owner}/{repo}/environments/{environment}"
POLICIES = f"{ONE}/deployment-branch-policies"
LONGEST_WAIT = 43200
"""Minutes: 30 days."""
MOST_REVIEWERS = 6


class Reviewer(Body):
    """A user or a team."""

    type: Literal["User", "Team"]
    id: int


class BranchPolicy(Body):
    """Exactly one of the two is true."""

    protected_branches: bool
    custom_branch_policies: bool

    @model_validator(mode="after")
    def _is_one(self) -> "BranchPolicy":
        if self.protected_branches == self.custom_branch_policies:
            raise ValueError("protected_branches and custom_branch_policies cannot have the same value")
        return self


class EnvironmentBody(Body):
    """PUT an environment; what is left out is set back."""

    wait_timer: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] | None = None
    prevent_self_review: bool | None = None
    can_admins_bypass: bool | None = None
    reviewers: Annotated[list[Reviewer], Field(max_length=MOST_REVIEWERS)] | None = None
    deployment_branch_policy: BranchPolicy | None = None


class PolicyBody(Body):
    """POST and PUT of a branch policy."""

    name: str = Field(min_length=1)
    type: Literal["branch", "tag"] = "branch"


NO_RULES = EnvironmentBody(wait_timer=0, prevent_self_review=False, can_admins_bypass=True, reviewers=[])


def ensure(db: Database, repository: Row, name: str) -> None:
    """Make an environment without rules unless there is one, as GitHub does for a deployment."""
    if db.one("SELECT 1 AS yes FROM environments WHERE repository_id = ? AND name = ?", repository["id"], name) is None:
        moment = now()
        columns = {"document": dump(NO_RULES.model_dump()), "created_at": moment, "updated_at": moment}
        db.insert("environments", repository_id=repository["id"], name=name, **columns)


@routes.add("GET", "/repos/{owner}/{repo}/environments")
def list_environments(call: Call) -> Answer:
    """All of the repository's."""
    repository = find.repository(call)
    rows = call.db.all("SELECT * FROM environments WHERE repository_id = ? ORDER BY name", repository["id"])
    return page(call, [_view(call, repository, row) for row in rows], wrap="environments")


@routes.add("GET", ONE)
def get_environment(call: Call) -> Answer:
    """One environment."""
    repository = find.repository(call)
    return Answer(_view(call, repository, environment(call, repository)))


@routes.add("PUT", ONE)
def set_environment(call: Call) -> Answer:
    """Create it or replace its rules."""
    repository = find.writable(call, Role.ADMIN)
    body = call.body(EnvironmentBody, "Environment")
    _check_reviewers(call, body.reviewers or [])
    document = {
        "wait_timer": body.wait_timer or 0,
        "prevent_self_review": bool(body.prevent_self_review),
        "can_admins_bypass": body.can_admins_bypass is not False,
        "reviewers": [reviewer.model_dump() for reviewer in body.reviewers or []],
        "deployment_branch_policy": body.deployment_branch_policy and body.deployment_branch_policy.model_dump(),
    }
    moment = now()
    call.db.run(
        "INSERT INTO environments (repository_id, name, document, created_at, updated_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (repository_id, name) "
        "DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at",
        repository["id"],
        call.parameters["environment"],
        dump(document),
        moment,
        moment,
    )
    return Answer(_view(call, repository, environment(call, repository)))


@routes.add("DELETE", ONE)
def delete_environment(call: Call) -> Answer:
    """With its secrets, variables and branch policies."""
    repository = find.writable(call, Role.ADMIN)
    row = environment(call, repository)
    for table in ("secrets", "variables"):
        call.db.run(
            f"DELETE FROM {table} WHERE repository_id = ? AND environment_id = ?",  # noqa: S608 - from the line above
            repository["id"],
            row["id"],
        )
    call.db.run("DELETE FROM environments WHERE id = ?", row["id"])
    return NO_CONTENT


@routes.add("GET", POLICIES)
def list_policies(call: Call) -> Answer:
    """Name patterns of branches and tags that may deploy."""
    row = environment(call, find.repository(call))
    rows = call.db.all("SELECT * FROM branch_policies WHERE environment_id = ? ORDER BY id", row["id"])
    return page(call, [_policy_view(policy) for policy in rows], wrap="branch_policies")


@routes.add("POST", POLICIES)
def create_policy(call: Call) -> Answer:
    """Only where the environment has custom branch policies."""
    row = environment(call, find.writable(call, Role.ADMIN))
    policy = load(row["document"])["deployment_branch_policy"]
    if not (policy and policy["custom_branch_policies"]):
        raise not_found()
    body = call.body(PolicyBody, "DeploymentBranchPolicy")
    _check_pattern(call, row, body, None)
    number = call.db.insert("branch_policies", environment_id=row["id"], name=body.name, type=body.type)
    return Answer(_policy_view(_policy(call, row, number)))


@routes.add("GET", f"{POLICIES}/{{policy_id:int}}")
def get_policy(call: Call) -> Answer:
    """One pattern."""
    row = environment(call, find.repository(call))
    return Answer(_policy_view(_policy(call, row, int(call.parameters["policy_id"]))))


@routes.add("PUT", f"{POLICIES}/{{policy_id:int}}")
def update_policy(call: Call) -> Answer:
    """Another pattern; its kind stays."""
    row = environment(call, find.writable(call, Role.ADMIN))
    policy = _policy(call, row, int(call.parameters["policy_id"]))
    body = call.body(PolicyBody, "DeploymentBranchPolicy")
    _check_pattern(call, row, body, policy["id"])
    call.db.update("branch_policies", policy["id"], name=body.name)
    return Answer(_policy_view(_policy(call, row, policy["id"])))


@routes.add("DELETE", f"{POLICIES}/{{policy_id:int}}")
def delete_policy(call: Call) -> Answer:
    """Those branches deploy no longer."""
    row = environment(call, find.writable(call, Role.ADMIN))
    call.db.run("DELETE FROM branch_policies WHERE id = ?", _policy(call, row, int(call.parameters["policy_id"]))["id"])
    return NO_CONTENT


def environment(call: Call, repository: Row) -> Row:
    """The environment of the path.

    Raises:
        RefusalError: 404.
    """
    name = call.parameters["environment"]
    row = call.db.one("SELECT * FROM environments WHERE repository_id = ? AND name = ?", repository["id"], name)
    if row is None:
        raise not_found()
    return row


def _check_reviewers(call: Call, reviewers: list[Reviewer]) -> None:
    for reviewer in reviewers:
        if _reviewer(call, reviewer.type, reviewer.id) is None:
            message = f"{reviewer.type} {reviewer.id} does not exist or has no access to the repository"
            raise invalid("Environment", "reviewers", "invalid", message)


def _reviewer(call: Call, kind: str, number: int) -> Row | None:
    if kind == "Team":
        return call.db.one("SELECT * FROM teams WHERE id = ?", number)
    return call.db.one("SELECT * FROM accounts WHERE id = ? AND type = 'User'", number)


def _check_pattern(call: Call, row: Row, body: PolicyBody, own: int | None) -> None:
    same = call.db.one(
        "SELECT id FROM branch_policies WHERE environment_id = ? AND name = ? AND type = ?",
        row["id"],
        body.name,
        body.type,
    )
    if same and same["id"] != own:
        raise RefusalError(303, "Already exists")


def _policy(call: Call, row: Row, number: int) -> Row:
    policy = call.db.one("SELECT * FROM branch_policies WHERE id = ? AND environment_id = ?", number, row["id"])
    if policy is None:
        raise not_found()
    return policy


def _policy_view(policy: Row) -> views.Json:
    return {
        "id": policy["id"],
        "node_id": views.node_id("DBP", policy["id"]),
        "name": policy["name"],
        "type": policy["type"],
    }


def _view(call: Call, repository: Row, row: Row) -> views.Json:
    document = load(row["document"])
    full_name = repository["full_name"]
    return {
        "id": row["id"],
        "node_id": views.node_id("EN", row["id"]),
        "name": row["name"],
        "url": f"{call.world.api}/repos/{full_name}/environments/{row['name']}",
        "html_url": f"{call.world.base}/{full_name}/deployments/activity_log?environments_filter={row['name']}",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "can_admins_bypass": document["can_admins_bypass"],
        "protection_rules": [
            {"id": row["id"] * 10 + place, "node_id": views.node_id("GA", row["id"] * 10 + place), **rule}
            for place, rule in enumerate(_rules(call, document))
        ],
        "deployment_branch_policy": document["deployment_branch_policy"],
    }


def _rules(call: Call, document: dict[str, Any]) -> list[views.Json]:
    rules: list[views.Json] = []
    if document["wait_timer"]:
        rules.append({"type": "wait_timer", "wait_timer": document["wait_timer"]})
    if shown := reviewers(call, document):
        prevent = document["prevent_self_review"]
        rules.append({"type": "required_reviewers", "prevent_self_review": prevent, "reviewers": shown})
    if document["deployment_branch_policy"]:
        rules.append({"type": "branch_policy"})
    return rules


def reviewers(call: Call, document: dict[str, Any]) -> list[views.Json]:
    """Who may let deployments through, as an environment's document names them."""
    found = [(item["type"], _reviewer(call, item["type"], item["id"])) for item in document["reviewers"]]
    return [{"type": kind, "reviewer": _shown(call, kind, row)} for kind, row in found if row]


def _shown(call: Call, kind: str, row: Row) -> views.Json:
    return views.team(call.world, call.db, row) if kind == "Team" else views.user(call.world, row)
