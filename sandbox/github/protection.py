"""Protected branches (the older kind of rule) through the REST API. ``rules`` enforces them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sandbox.github import find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, invalid
from sandbox.github.store import Row, dump, load
from sandbox.github.world import APP_SLUG

routes = Routes()

BRANCH = "/repos/{owner}/{repo}/branches/{branch}/protection"
Switch = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
"""Null, which some clients write, is off."""
ANY_APP = -1
"""An ``app_id`` that lets any App report a check."""


class Check(Body):
    """One required check."""

    context: str
    app_id: int | None = None


class StatusChecks(Body):
    """``required_status_checks``; ``contexts`` is the older way to write ``checks``."""

    strict: bool
    contexts: list[str] | None = None
    checks: list[Check] | None = None


class Actors(Body):
    """Users by login, teams and Apps by slug."""

    users: list[str] = Field(default_factory=list)
    teams: list[str] = Field(default_factory=list)
    apps: list[str] = Field(default_factory=list)


class Reviews(Body):
    """``required_pull_request_reviews``."""

    dismissal_restrictions: Actors | None = None
    dismiss_stale_reviews: bool = False
    require_code_owner_reviews: bool = False
    required_approving_review_count: int = Field(default=1, ge=0, le=6)
    require_last_push_approval: bool = False
    bypass_pull_request_allowances: Actors = Field(default_factory=Actors)


class ProtectionBody(Body):
    """PUT a protection: four fields have to be written, null if they are meant to be off."""

    required_status_checks: StatusChecks | None
    enforce_admins: bool | None
    required_pull_request_reviews: Reviews | None
    restrictions: Actors | None
    required_linear_history: Switch = False
    allow_force_pushes: bool | None = None
    allow_deletions: Switch = False
    block_creations: Switch = False
    required_conversation_resolution: Switch = False
    lock_branch: Switch = False
    allow_fork_syncing: Switch = False


SWITCHES = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)


@routes.add("GET", BRANCH)
def get_protection(call: Call) -> Answer:
    """The whole rule."""
    repository = find.repository(call, Role.ADMIN)
    _check_branch(call, repository)
    return Answer(_view(call, repository, load(_protection(call, repository)["document"])))


@routes.add("PUT", BRANCH)
def update_protection(call: Call) -> Answer:
    """Replace the whole rule but for signed commits, which have an address of their own."""
    repository = find.writable(call, Role.ADMIN)
    _check_branch(call, repository)
    document = _document(call.body(ProtectionBody, "ProtectedBranch"))
    _check_actors(call, document)
    branch = call.parameters["branch"]
    present = _find(call, repository)
    document["required_signatures"] = load(present["document"])["required_signatures"] if present else False
    call.db.run(
        "INSERT INTO protections (repository_id, pattern, document) VALUES (?, ?, ?) "
        "ON CONFLICT (repository_id, pattern) DO UPDATE SET document = excluded.document",
        repository["id"],
        branch,
        dump(document),
    )
    return Answer(_view(call, repository, document))


@routes.add("DELETE", BRANCH)
def delete_protection(call: Call) -> Answer:
    """Unprotect the branch."""
    repository = find.writable(call, Role.ADMIN)
    call.db.run("DELETE FROM protections WHERE id = ?", _protection(call, repository)["id"])
    return NO_CONTENT


@routes.add("GET", f"{BRANCH}/required_signatures")
def get_signatures(call: Call) -> Answer:
    """Whether commits must be signed."""
    repository = find.repository(call, Role.ADMIN)
    document = load(_protection(call, repository)["document"])
    return Answer(_signatures(call, repository, document))


@routes.add("POST", f"{BRANCH}/required_signatures")
@routes.add("DELETE", f"{BRANCH}/required_signatures")
def set_signatures(call: Call) -> Answer:
    """Demand signed commits, or no longer."""
    repository = find.writable(call, Role.ADMIN)
    document = _changed(call, repository, required_signatures=call.method == "POST")
    return Answer(_signatures(call, repository, document)) if call.method == "POST" else NO_CONTENT


@routes.add("DELETE", f"{BRANCH}/required_pull_request_reviews")
def delete_reviews(call: Call) -> Answer:
    """Demand reviews no longer."""
    _changed(call, find.writable(call, Role.ADMIN), required_pull_request_reviews=None)
    return NO_CONTENT


def _changed(call: Call, repository: Row, **values: object) -> dict[str, Any]:
    row = _protection(call, repository)
    document: dict[str, Any] = load(row["document"]) | values
    call.db.update("protections", row["id"], document=dump(document))
    return document


def _document(body: ProtectionBody) -> dict[str, Any]:
    document = body.model_dump()
    document["enforce_admins"] = bool(body.enforce_admins)
    document["allow_force_pushes"] = bool(body.allow_force_pushes)
    document["force_push_allowances"] = Actors().model_dump()
    checks = body.required_status_checks
    if checks:
        named = [{"context": context, "app_id": None} for context in checks.contexts or []]
        written = [check.model_dump() for check in checks.checks] if checks.checks is not None else named
        for check in written:
            check["app_id"] = None if check["app_id"] == ANY_APP else check["app_id"]
        document["required_status_checks"] = {"strict": checks.strict, "checks": written}
    return document


def _check_actors(call: Call, document: dict[str, Any]) -> None:
    reviews = document["required_pull_request_reviews"] or {}
    lists = (
        document["restrictions"],
        reviews.get("dismissal_restrictions"),
        reviews.get("bypass_pull_request_allowances"),
    )
    for actors in filter(None, lists):
        known = {
            "users": [row["login"] for row in call.db.all("SELECT login FROM accounts WHERE type = 'User'")],
            "teams": [row["slug"] for row in call.db.all("SELECT slug FROM teams")],
            "apps": [APP_SLUG],
        }
        unknown = [name for kind in known for name in actors[kind] if name not in known[kind]]
        if unknown:
            raise invalid("ProtectedBranch", "actors", "invalid", f"unknown users, teams or apps: {unknown}")


def _check_branch(call: Call, repository: Row) -> None:
    if call.parameters["branch"] not in call.world.repositories.branches(repository["git_name"]):
        raise RefusalError(404, "Branch not found")


def _find(call: Call, repository: Row) -> Row | None:
    return call.db.one(
        "SELECT * FROM protections WHERE repository_id = ? AND pattern = ?",
        repository["id"],
        call.parameters["branch"],
    )


def _protection(call: Call, repository: Row) -> Row:
    row = _find(call, repository)
    if row is None:
        raise RefusalError(404, "Branch not protected")
    return row


def _address(call: Call, repository: Row) -> str:
    path = f"repos/{repository['full_name']}/branches/{call.parameters['branch']}/protection"
    return f"{call.world.api}/{path}"


def _signatures(call: Call, repository: Row, document: dict[str, Any]) -> views.Json:
    address = f"{_address(call, repository)}/required_signatures"
    return {"url": address, "enabled": document["required_signatures"]}


def _view(call: Call, repository: Row, document: dict[str, Any]) -> views.Json:
    address = _address(call, repository)
    view: views.Json = {"url": address, "required_signatures": _signatures(call, repository, document)}
    view["enforce_admins"] = {"url": f"{address}/enforce_admins", "enabled": document["enforce_admins"]}
    view |= {name: {"enabled": document[name]} for name in SWITCHES}
    checks, reviews, restrictions = (
        document[name] for name in ("required_status_checks", "required_pull_request_reviews", "restrictions")
    )
    if checks:
        view["required_status_checks"] = {
            "url": f"{address}/required_status_checks",
            "strict": checks["strict"],
            "contexts": [check["context"] for check in checks["checks"]],
            "contexts_url": f"{address}/required_status_checks/contexts",
            "checks": checks["checks"],
        }
    if reviews:
        view["required_pull_request_reviews"] = _reviews(call, f"{address}/required_pull_request_reviews", reviews)
    if restrictions is not None:
        view["restrictions"] = _actors(call, f"{address}/restrictions", restrictions)
    return view


def _reviews(call: Call, address: str, reviews: dict[str, Any]) -> views.Json:
    lists = ("dismissal_restrictions", "bypass_pull_request_allowances")
    view = {name: value for name, value in reviews.items() if name not in lists} | {"url": address}
    dismissal, bypass = (reviews[name] for name in lists)
    if dismissal and any(dismissal.values()):
        view["dismissal_restrictions"] = _actors(call, f"{address}/dismissal_restrictions", dismissal)
    if any(bypass.values()):
        view["bypass_pull_request_allowances"] = _actors(call, f"{address}/bypass", bypass)
    return view


def _actors(call: Call, address: str, actors: dict[str, list[str]]) -> views.Json:
    users = [find.account(call.db, login) for login in actors["users"]]
    teams = [call.db.one("SELECT * FROM teams WHERE slug = ?", slug) for slug in actors["teams"]]
    return {
        "url": address,
        **{f"{kind}_url": f"{address}/{kind}" for kind in ("users", "teams", "apps")},
        "users": [views.user(call.world, user) for user in users],
        "teams": [views.team(call.world, call.db, team) for team in teams if team],
        "apps": [views.app(call.world, call.db) for _ in actors["apps"]],
    }
