"""People with a permission of their own on a repository. Those from outside the organisation cannot be invited here."""

from sandbox.github import find, views
from sandbox.github.accounts import ROLE_NAMES, Role, account_role, permission_name, permissions
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import not_found, unsupported
from sandbox.github.pagination import page
from sandbox.github.store import Row

routes = Routes()

COLLABORATORS = "/repos/{owner}/{repo}/collaborators"


class PermissionBody(Body):
    """PUT a collaborator."""

    permission: str = "push"


@routes.add("GET", COLLABORATORS)
def list_collaborators(call: Call) -> Answer:
    """``affiliation`` direct: those added to this repository; outside: nobody; all: members of the organisation too."""
    repository = find.repository(call, Role.WRITE)
    affiliation = call.query.get("affiliation", "all")
    rows = call.db.all(
        "SELECT accounts.* FROM accounts WHERE type = 'User' AND ? <> 'outside' AND ("
        " id IN (SELECT account_id FROM collaborators WHERE repository_id = ?)"
        " OR (? = 'all' AND id IN (SELECT account_id FROM members WHERE state = 'active'))) ORDER BY login",
        affiliation,
        repository["id"],
        affiliation,
    )
    return page(call, [_view(call, repository, row) for row in rows])


@routes.add("GET", f"{COLLABORATORS}/{{username}}")
def is_collaborator(call: Call) -> Answer:
    """204 or 404."""
    repository = find.repository(call, Role.WRITE)
    account = find.account(call.db, call.parameters["username"])
    if account_role(call.db, account["id"], repository) is Role.NONE:
        raise not_found()
    return NO_CONTENT


@routes.add("GET", f"{COLLABORATORS}/{{username}}/permission")
def get_permission(call: Call) -> Answer:
    """The best of all that somebody was given."""
    repository = find.repository(call)
    account = find.account(call.db, call.parameters["username"])
    view = _view(call, repository, account)
    coarse = {"pull": "read", "triage": "read", "push": "write", "maintain": "write"}
    role = account_role(call.db, account["id"], repository)
    name = coarse.get(permission_name(role), permission_name(role))
    return Answer({"permission": name, "role_name": view["role_name"], "user": view})


@routes.add("PUT", f"{COLLABORATORS}/{{username}}")
def add_collaborator(call: Call) -> Answer:
    """Members of the organisation at once; others would have to be invited."""
    repository = find.writable(call, Role.ADMIN)
    account = find.account(call.db, call.parameters["username"])
    if not find.is_member(call.db, account["id"]):
        raise unsupported("Repository", "username", "Inviting a collaborator from outside the organisation")
    wanted = call.body(PermissionBody, "Repository").permission
    if ROLE_NAMES.get(wanted, Role.NONE) is Role.NONE:
        raise unsupported("Repository", "permission", f"The custom repository role {wanted!r}")
    call.db.run(
        "INSERT INTO collaborators (repository_id, account_id, permission) VALUES (?, ?, ?) "
        "ON CONFLICT (repository_id, account_id) DO UPDATE SET permission = excluded.permission",
        repository["id"],
        account["id"],
        permission_name(ROLE_NAMES[wanted]),
    )
    return NO_CONTENT


@routes.add("DELETE", f"{COLLABORATORS}/{{username}}")
def remove_collaborator(call: Call) -> Answer:
    """Only the direct permission."""
    repository = find.writable(call, Role.ADMIN)
    account = find.account(call.db, call.parameters["username"])
    call.db.run("DELETE FROM collaborators WHERE repository_id = ? AND account_id = ?", repository["id"], account["id"])
    return NO_CONTENT


@routes.add("GET", "/repos/{owner}/{repo}/invitations")
def list_invitations(call: Call) -> Answer:
    """There are none."""
    find.repository(call, Role.ADMIN)
    return page(call, [])


def _view(call: Call, repository: Row, account: Row) -> views.Json:
    role = account_role(call.db, account["id"], repository)
    given = {"permissions": permissions(role), "role_name": role.name.lower()}
    return views.user(call.world, account) | given
