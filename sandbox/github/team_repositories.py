"""What a team may do with a repository."""

from sandbox.github import find, views
from sandbox.github.accounts import ROLE_NAMES, Role, permission_name, permissions
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import not_found, unsupported
from sandbox.github.pagination import page
from sandbox.github.store import Row
from sandbox.github.teams import BY_ID, BY_SLUG

routes = Routes()


class PermissionBody(Body):
    """PUT a team's repository."""

    permission: str = "push"


@routes.add("GET", f"{BY_SLUG}/repos")
@routes.add("GET", f"{BY_ID}/repos")
def list_repositories(call: Call) -> Answer:
    """Repositories that the team itself was given."""
    team = find.team(call)
    rows = call.db.all(
        "SELECT repositories.*, permission FROM team_repositories JOIN repositories ON id = repository_id "
        "WHERE team_id = ? ORDER BY name",
        team["id"],
    )
    return page(call, [_repository(call, row) for row in rows])


@routes.add("GET", f"{BY_SLUG}/repos/{{owner}}/{{repo}}")
@routes.add("GET", f"{BY_ID}/repos/{{owner}}/{{repo}}")
def check_repository(call: Call) -> Answer:
    """204, or with the media type for repositories that repository with the team's permissions."""
    team, row = find.team(call), find.repository(call)
    given = call.db.one(
        "SELECT permission FROM team_repositories WHERE team_id = ? AND repository_id = ?", team["id"], row["id"]
    )
    if given is None:
        raise not_found()
    if "repository" not in call.headers.get("accept", ""):
        return NO_CONTENT
    return Answer(_repository(call, row | given))


@routes.add("PUT", f"{BY_SLUG}/repos/{{owner}}/{{repo}}")
@routes.add("PUT", f"{BY_ID}/repos/{{owner}}/{{repo}}")
def add_repository(call: Call) -> Answer:
    """Give the team a permission on a repository."""
    team, row = find.team(call), find.writable(call, Role.ADMIN)
    wanted = call.body(PermissionBody, "Team").permission
    if ROLE_NAMES.get(wanted, Role.NONE) is Role.NONE:
        raise unsupported("Team", "permission", f"The custom repository role {wanted!r}")
    call.db.run(
        "INSERT INTO team_repositories (team_id, repository_id, permission) VALUES (?, ?, ?) "
        "ON CONFLICT (team_id, repository_id) DO UPDATE SET permission = excluded.permission",
        team["id"],
        row["id"],
        permission_name(ROLE_NAMES[wanted]),
    )
    return NO_CONTENT


@routes.add("DELETE", f"{BY_SLUG}/repos/{{owner}}/{{repo}}")
@routes.add("DELETE", f"{BY_ID}/repos/{{owner}}/{{repo}}")
def remove_repository(call: Call) -> Answer:
    """Take it away; taking away what is not there is no error."""
    team, row = find.team(call), find.writable(call, Role.ADMIN)
    call.db.run("DELETE FROM team_repositories WHERE team_id = ? AND repository_id = ?", team["id"], row["id"])
    return NO_CONTENT


@routes.add("GET", "/repos/{owner}/{repo}/teams")
def list_repository_teams(call: Call) -> Answer:
    """Teams of a repository with their permission."""
    repository = find.repository(call, Role.ADMIN)
    rows = call.db.all(
        "SELECT teams.*, permission FROM team_repositories JOIN teams ON id = team_id "
        "WHERE repository_id = ? ORDER BY name",
        repository["id"],
    )
    return page(call, [_of_repository(call, row) for row in rows])


def _of_repository(call: Call, row: Row) -> views.Json:
    given = {"permission": row["permission"], "permissions": permissions(ROLE_NAMES[row["permission"]])}
    return views.team(call.world, call.db, row) | given


def _repository(call: Call, row: Row) -> views.Json:
    role = ROLE_NAMES[row["permission"]]
    return views.repository(call.world, call.db, row, role) | {"role_name": role.name.lower()}
