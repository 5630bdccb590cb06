"""Repositories: create, list, read, change, delete; vulnerability alerts and security fixes.

Left out: templates, transfers, Pages, redirects from a former name.
"""

from nacl.public import PrivateKey

from sandbox.github import find, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import NO_CONTENT, Answer, Call, Routes
from sandbox.github.errors import RefusalError, invalid, unsupported
from sandbox.github.labels import add_default_labels
from sandbox.github.pagination import page
from sandbox.github.settings import DEFAULTS, RepositoryBody, Settings, check_visibility, merged
from sandbox.github.store import Database, Row, dump, load, now
from sandbox.github.world import ORGANIZATION

routes = Routes()

SORTS = {"created": "created_at", "updated": "updated_at", "pushed": "pushed_at", "full_name": "name"}


TYPES = {
    **{key: {"public", "private"} for key in ("all", "member", "sources")},
    "public": {"public"},
    "private": {"private"},
}
"""Visibilities that each ``type`` of a list means; there are no forks."""


class NewRepository(RepositoryBody):
    """POST /orgs/{org}/repos."""

    auto_init: bool = False
    gitignore_template: str | None = None
    license_template: str | None = None


@routes.add("GET", "/orgs/{org}/repos")
def list_repositories(call: Call) -> Answer:
    """Those that the caller may see."""
    find.organization(call)
    column = SORTS.get(call.query.get("sort", "created"), "created_at")
    sql = f"SELECT * FROM repositories WHERE owner = ? ORDER BY {column}, id"  # noqa: S608 - a name from SORTS
    rows = call.db.all(sql, ORGANIZATION)
    if call.query.get("direction", "asc" if column == "name" else "desc") == "desc":
        rows.reverse()
    wanted = TYPES.get(call.query.get("type", "all"), set())
    seen = [(row, role_of(call.db, call.actor, row)) for row in rows if load(row["settings"])["visibility"] in wanted]
    return page(call, [views.repository(call.world, call.db, row, role) for row, role in seen if role >= Role.READ])


@routes.add("POST", "/orgs/{org}/repos")
def create_repository(call: Call) -> Answer:
    """Create it, with the default labels and, on request, a first commit."""
    find.organization(call)
    body = call.body(NewRepository, "Repository")
    name = _new_name(call.db, body)
    settings = merged(DEFAULTS, body.settings())
    check_visibility("", settings["visibility"])
    repository_id = add(call.db, name, settings)
    files = {"README.md": f"# {name}\n".encode()} if body.auto_init else {}
    git = call.world.repositories
    if git.exists(name):
        git.delete(name)  # left by a request that did not get to its end
    git.create(name, settings["default_branch"], files)
    return Answer(_full(call, repository_id), 201)


def _new_name(db: Database, body: NewRepository) -> str:
    if not body.name:
        raise RefusalError(422, "Repository creation failed.", invalid("Repository", "name", "missing_field").errors)
    if find.by_name(db, ORGANIZATION, body.name):
        taken = invalid("Repository", "name", "custom", "name already exists on this account")
        raise RefusalError(422, "Repository creation failed.", taken.errors)
    for field in ("gitignore_template", "license_template"):
        if getattr(body, field):
            raise unsupported("Repository", field, "A file template")
    return body.name


def add(db: Database, name: str, settings: Settings, **columns: object) -> int:
    """Add a repository's row and its default labels; its id."""
    moment = now()
    row = {
        "name": name,
        "settings": dump(settings),
        "private_key": bytes(PrivateKey.generate()),
        "created_at": moment,
        "updated_at": moment,
        "pushed_at": moment,
    }
    repository_id = db.insert("repositories", **(row | columns))
    add_default_labels(db, repository_id)
    return repository_id


@routes.add("GET", "/repos/{owner}/{repo}")
@routes.add("GET", "/repositories/{repository_id}")
def get_repository(call: Call) -> Answer:
    """The repository with all its settings."""
    row = find.repository(call)
    return Answer(views.full_repository(call.world, call.db, row, role_of(call.db, call.actor, row)))


@routes.add("PATCH", "/repos/{owner}/{repo}")
def update_repository(call: Call) -> Answer:
    """Change what the body names."""
    row = find.repository(call, Role.ADMIN)
    present = load(row["settings"])
    body = call.body(RepositoryBody, "Repository")
    _check_archived(present, body)
    check_visibility(present["visibility"], body.visibility)
    written = body.settings()
    _set_default_branch(call, row, present, written)
    settings = merged(present, written)
    if settings != present:
        call.db.update("repositories", row["id"], settings=dump(settings), updated_at=now())
    _rename(call, row, body.name)
    return Answer(_full(call, row["id"]))


def _check_archived(present: Settings, body: RepositoryBody) -> None:
    if present["archived"] and body.archived is not False:
        raise RefusalError(403, "Repository was archived so is read-only.")


def _set_default_branch(call: Call, row: Row, present: Settings, written: Settings) -> None:
    wanted = written.get("default_branch", present["default_branch"])
    if wanted == present["default_branch"]:
        return
    if wanted not in call.world.repositories.branches(row["git_name"]):
        message = f"The branch {wanted} was not found. Please push that ref first or create it via the Git Data API."
        raise invalid("Repository", "default_branch", "invalid", message)
    call.world.repositories.set_default_branch(row["git_name"], wanted)


def _rename(call: Call, row: Row, name: str | None) -> None:
    if not name or name == row["name"]:
        return
    other = find.by_name(call.db, row["owner"], name)
    if other and other["id"] != row["id"]:
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    call.db.update("repositories", row["id"], name=name, updated_at=now())
    renamed = call.db.one("SELECT git_name FROM repositories WHERE id = ?", row["id"]) or {}
    call.world.repositories.rename(row["git_name"], renamed["git_name"])


def _full(call: Call, repository_id: int) -> views.Json:
    row = call.db.one("SELECT * FROM repositories WHERE id = ?", repository_id) or {}
    return views.full_repository(call.world, call.db, row, role_of(call.db, call.actor, row))


@routes.add("DELETE", "/repos/{owner}/{repo}")
def delete_repository(call: Call) -> Answer:
    """Delete it with everything that belongs to it."""
    row = find.repository(call, Role.ADMIN)
    call.db.run("DELETE FROM repositories WHERE id = ?", row["id"])
    call.world.repositories.delete(row["git_name"])
    return NO_CONTENT


@routes.add("GET", "/repos/{owner}/{repo}/vulnerability-alerts")
def get_vulnerability_alerts(call: Call) -> Answer:
    """204 when enabled, 404 when not."""
    return NO_CONTENT if find.repository(call, Role.ADMIN)["vulnerability_alerts"] else Answer(status=404)


@routes.add("PUT", "/repos/{owner}/{repo}/vulnerability-alerts")
@routes.add("DELETE", "/repos/{owner}/{repo}/vulnerability-alerts")
def set_vulnerability_alerts(call: Call) -> Answer:
    """Without alerts there are no security fixes either."""
    row = find.writable(call, Role.ADMIN)
    enabled = call.method == "PUT"
    call.db.update(
        "repositories", row["id"], vulnerability_alerts=enabled, security_fixes=enabled and row["security_fixes"]
    )
    return NO_CONTENT


@routes.add("GET", "/repos/{owner}/{repo}/automated-security-fixes")
def get_security_fixes(call: Call) -> Answer:
    """Dependabot's security updates."""
    row = find.repository(call, Role.ADMIN)
    return Answer({"enabled": bool(row["security_fixes"]), "paused": False})


@routes.add("PUT", "/repos/{owner}/{repo}/automated-security-fixes")
@routes.add("DELETE", "/repos/{owner}/{repo}/automated-security-fixes")
def set_security_fixes(call: Call) -> Answer:
    """They need vulnerability alerts."""
    row = find.writable(call, Role.ADMIN)
    if call.method == "PUT" and not row["vulnerability_alerts"]:
        raise RefusalError(422, "Vulnerability alerts must be enabled to configure automated security fixes.")
    call.db.update("repositories", row["id"], security_fixes=call.method == "PUT")
    return NO_CONTENT
