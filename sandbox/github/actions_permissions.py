"""What Actions may do: which actions run, where, and what a workflow's token may do by default."""

from typing import Any, Literal

from sandbox.github import find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import conflict, invalid
from sandbox.github.pagination import page
from sandbox.github.store import Row, dump, load

routes = Routes()

REPOSITORY = "/repos/{owner}/{repo}/actions/permissions"
ORGANIZATION = "/orgs/{org}/actions/permissions"

Document = dict[str, Any]

DEFAULTS: Document = {
    "enabled": True,
    "enabled_repositories": "all",
    "allowed_actions": "all",
    "sha_pinning_required": False,
    "selected": {"github_owned_allowed": True, "verified_allowed": False, "patterns_allowed": []},
    "workflow": {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
    "repository_ids": [],
}

Allowed = Literal["all", "local_only", "selected"]


class RepositoryPermissions(Body):
    """PUT for a repository."""

    enabled: bool
    allowed_actions: Allowed | None = None
    sha_pinning_required: bool | None = None


class OrganizationPermissions(Body):
    """PUT for the organisation."""

    enabled_repositories: Literal["all", "none", "selected"]
    allowed_actions: Allowed | None = None
    sha_pinning_required: bool | None = None


class Selected(Body):
    """Which actions ``selected`` means."""

    github_owned_allowed: bool | None = None
    verified_allowed: bool | None = None
    patterns_allowed: list[str] | None = None


class Workflow(Body):
    """What a workflow's token may do by default."""

    default_workflow_permissions: Literal["read", "write"] | None = None
    can_approve_pull_request_reviews: bool | None = None


class Enabled(Body):
    """Repositories in which Actions run."""

    selected_repository_ids: list[int]


def _read(call: Call) -> Document:
    if "repo" in call.parameters:
        overrides: Document = load(find.repository(call, Role.ADMIN)["actions"])
        return DEFAULTS | overrides
    find.member(call)
    row = call.db.one("SELECT settings FROM organization") or {}
    overrides = load(row["settings"]).get("actions", {})
    return DEFAULTS | overrides


def _write(call: Call, **values: object) -> None:
    document = dump(_read(call) | {name: value for name, value in values.items() if value is not None})
    if "repo" in call.parameters:
        call.db.update("repositories", find.writable(call, Role.ADMIN)["id"], actions=document)
    else:
        find.organization(call)
        call.db.run("UPDATE organization SET settings = json_set(settings, '$.actions', json(?))", document)


@routes.add("GET", REPOSITORY)
def get_of_repository(call: Call) -> Answer:
    """Whether Actions are on, and which may run."""
    document = _read(call)
    view = {"enabled": document["enabled"]}
    if document["enabled"]:
        view |= {
            "allowed_actions": document["allowed_actions"],
            "sha_pinning_required": document["sha_pinning_required"],
        }
    if document["allowed_actions"] == "selected":
        view["selected_actions_url"] = f"{call.url}/selected-actions"
    return Answer(view)


@routes.add("PUT", REPOSITORY)
def set_of_repository(call: Call) -> Answer:
    """Replace them."""
    _write(call, **call.body(RepositoryPermissions, "Repository").given())
    return NO_CONTENT


@routes.add("GET", ORGANIZATION)
def get_of_organization(call: Call) -> Answer:
    """In which repositories, and which may run."""
    document = _read(call)
    names = ("enabled_repositories", "allowed_actions", "sha_pinning_required")
    view = {name: document[name] for name in names}
    if document["enabled_repositories"] == "selected":
        view["selected_repositories_url"] = f"{call.url}/repositories"
    if document["allowed_actions"] == "selected":
        view["selected_actions_url"] = f"{call.url}/selected-actions"
    return Answer(view)


@routes.add("PUT", ORGANIZATION)
def set_of_organization(call: Call) -> Answer:
    """Replace them."""
    _write(call, **call.body(OrganizationPermissions, "Organization").given())
    return NO_CONTENT


@routes.add("GET", f"{REPOSITORY}/selected-actions")
@routes.add("GET", f"{ORGANIZATION}/selected-actions")
def get_selected(call: Call) -> Answer:
    """Which actions ``selected`` means; only then is there an answer."""
    document = _read(call)
    _check_selected(document)
    return Answer(document["selected"])


@routes.add("PUT", f"{REPOSITORY}/selected-actions")
@routes.add("PUT", f"{ORGANIZATION}/selected-actions")
def set_selected(call: Call) -> Answer:
    """Change what the body names."""
    document = _read(call)
    _check_selected(document)
    given = {name: value for name, value in call.body(Selected, "Actions").given().items() if value is not None}
    _write(call, selected=document["selected"] | given)
    return NO_CONTENT


def _check_selected(document: Document) -> None:
    if document["allowed_actions"] != "selected":
        raise conflict("Conflict: allowed_actions is not set to selected.")


@routes.add("GET", f"{REPOSITORY}/workflow")
@routes.add("GET", f"{ORGANIZATION}/workflow")
def get_workflow(call: Call) -> Answer:
    """The default rights of a workflow's token."""
    return Answer(_read(call)["workflow"])


@routes.add("PUT", f"{REPOSITORY}/workflow")
@routes.add("PUT", f"{ORGANIZATION}/workflow")
def set_workflow(call: Call) -> Answer:
    """Change what the body names."""
    given = {name: value for name, value in call.body(Workflow, "Actions").given().items() if value is not None}
    _write(call, workflow=_read(call)["workflow"] | given)
    return NO_CONTENT


@routes.add("GET", f"{ORGANIZATION}/repositories")
def list_enabled(call: Call) -> Answer:
    """The selected repositories."""
    rows = [row for number in _read(call)["repository_ids"] if (row := _repository(call, number))]
    return page(call, [views.repository(call.world, call.db, row, Role.ADMIN) for row in rows], wrap="repositories")


@routes.add("PUT", f"{ORGANIZATION}/repositories")
def set_enabled(call: Call) -> Answer:
    """Replace the selection."""
    numbers = call.body(Enabled, "Organization").selected_repository_ids
    unknown = [number for number in numbers if _repository(call, number) is None]
    if unknown:
        raise invalid("Organization", "selected_repository_ids", "invalid", f"unknown repositories: {unknown}")
    if _read(call)["enabled_repositories"] != "selected":
        raise conflict("Conflict: enabled_repositories is not set to selected.")
    _write(call, repository_ids=numbers)
    return NO_CONTENT


def _repository(call: Call, number: int) -> Row | None:
    return call.db.one("SELECT * FROM repositories WHERE id = ?", number)
