"""The deployer's App as itself: its installation, and short-lived tokens of it.

Source: GitHub's "REST API endpoints for GitHub Apps". The App is installed on all repositories of the organisation.
"""

from pydantic import Field

from sandbox.github import find, job_tokens, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.apps import APPS, App, allows
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, forbidden, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row
from sandbox.github.world import INSTALLATION_ID, ORGANIZATION

routes = Routes()

MOST = 500
"""Repositories that a token can be limited to."""


class Wanted(Body):
    """POST access_tokens."""

    repositories: list[str] | None = Field(default=None, max_length=MOST)
    repository_ids: list[int] | None = Field(default=None, max_length=MOST)
    permissions: dict[str, str] | None = None


def _itself(call: Call) -> App:
    """The App that calls with a JSON Web Token.

    Raises:
        RefusalError: 401, it is not one.
    """
    if call.actor.kind != "jwt" or call.actor.app_id is None:
        raise RefusalError(401, "A JSON web token could not be decoded")
    return APPS[call.actor.app_id]


@routes.add("GET", "/app")
def get_app(call: Call) -> Answer:
    """The App itself."""
    app = _itself(call)
    return Answer(views.app(call.world, call.db, app) | {"installations_count": 1})


@routes.add("GET", "/app/installations")
def list_installations(call: Call) -> Answer:
    """There is one."""
    return page(call, [_view(call, _itself(call))])


@routes.add("GET", "/app/installations/{installation_id:int}")
@routes.add("GET", "/orgs/{org}/installation")
@routes.add("GET", "/users/{org}/installation")
@routes.add("GET", "/repos/{owner}/{repo}/installation")
def get_installation(call: Call) -> Answer:
    """The one, however it is asked for."""
    app = _itself(call)
    if int(call.parameters.get("installation_id", INSTALLATION_ID)) != INSTALLATION_ID:
        raise not_found()
    if call.parameters.get("org", ORGANIZATION).lower() != ORGANIZATION.lower():
        raise not_found()
    if "repo" in call.parameters and find.named(call) is None:
        raise not_found()
    return Answer(_view(call, app))


@routes.add("POST", "/app/installations/{installation_id:int}/access_tokens")
def create_token(call: Call) -> Answer:
    """A token for an hour, with all that the installation may or with less."""
    app = _itself(call)
    if int(call.parameters["installation_id"]) != INSTALLATION_ID:
        raise not_found()
    body = call.body(Wanted, "InstallationToken")
    permissions = _permissions(app, body)
    rows = _repositories(call, body)
    minted = job_tokens.mint(call.db, app, permissions, None if rows is None else [row["id"] for row in rows])
    document = {"token": minted.token, "expires_at": minted.expires_at, "permissions": permissions}
    if rows is None:
        return Answer(document | {"repository_selection": "all"}, 201)
    shown = [views.repository(call.world, call.db, row, Role.ADMIN) for row in rows]
    return Answer(document | {"repository_selection": "selected", "repositories": shown}, 201)


def _permissions(app: App, body: Wanted) -> dict[str, str]:
    if body.permissions is None:
        return dict(app.permissions)
    known = {"read", "write"}
    for name, level in body.permissions.items():
        if level not in known or not allows(app.permissions, name, level):
            raise RefusalError(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read"} | body.permissions


def _repositories(call: Call, body: Wanted) -> list[Row] | None:
    if not body.repositories and not body.repository_ids:
        return None
    asked = [*(body.repositories or []), *(body.repository_ids or [])]
    rows = [
        call.db.one(
            "SELECT * FROM repositories WHERE id = ? OR name = ?", *(key, key) if isinstance(key, str) else (key, "")
        )
        for key in asked
    ]
    if None in rows:
        raise RefusalError(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return list({row["id"]: row for row in rows if row}.values())


@routes.add("GET", "/installation/repositories")
def list_repositories(call: Call) -> Answer:
    """Those that the calling token reaches."""
    _is_installation(call)
    reached = call.actor.repositories
    rows = [
        row for row in call.db.all("SELECT * FROM repositories ORDER BY id") if reached is None or row["id"] in reached
    ]
    shown = [views.repository(call.world, call.db, row, role_of(call.db, call.actor, row)) for row in rows]
    answer = page(call, shown, "repositories")
    return Answer(
        answer.body | {"repository_selection": "all" if reached is None else "selected"}, headers=answer.headers
    )


@routes.add("DELETE", "/installation/token")
def revoke_token(call: Call) -> Answer:
    """The calling token is worthless from here on."""
    _is_installation(call)
    job_tokens.revoke(call.db, call.actor.token)
    return NO_CONTENT


def _is_installation(call: Call) -> None:
    if call.actor.kind not in {"app", "job"}:
        raise forbidden("You must authenticate with an installation access token in order to use this endpoint.")


def _view(call: Call, app: App) -> views.Json:
    owner = views.owner(call.world, call.db)
    moment = views.app(call.world, call.db, app)["created_at"]
    address = f"{call.world.api}/app/installations/{INSTALLATION_ID}"
    return {
        "id": INSTALLATION_ID,
        "account": owner,
        "access_tokens_url": f"{address}/access_tokens",
        "repositories_url": f"{call.world.api}/installation/repositories",
        "html_url": f"{call.world.base}/organizations/{ORGANIZATION}/settings/installations/{INSTALLATION_ID}",
        "app_id": app.id,
        "client_id": app.client_id,
        "app_slug": app.slug,
        "target_id": owner["id"],
        "target_type": "Organization",
        "permissions": dict(app.permissions),
        "events": list(app.events),
        "created_at": moment,
        "updated_at": moment,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "repository_selection": "all",
        "suspended_by": None,
        "suspended_at": None,
    }
