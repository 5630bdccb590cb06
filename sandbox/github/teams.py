"""Teams: themselves, their members, their repositories. By slug, and by number as the provider calls them."""

import re
from typing import Any, Literal

from pydantic import Field

from sandbox.github import find, views
from sandbox.github.accounts import ROLE_NAMES, Role, permission_name, permissions
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, invalid, not_found, unsupported
from sandbox.github.pagination import page
from sandbox.github.store import Row, now
from sandbox.github.world import ORGANIZATION

routes = Routes()

BY_SLUG = "/orgs/{org}/teams/{team_slug}"
BY_ID = "/organizations/{organization_id}/team/{team_id}"


class TeamBody(Body):
    """POST and PATCH of a team."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    description: str | None = None
    privacy: Literal["secret", "closed"] | None = None
    notification_setting: Literal["notifications_enabled", "notifications_disabled"] | None = None
    parent_team_id: int | None = None
    permission: Literal["pull", "push"] = "pull"
    maintainers: list[str] = Field(default_factory=list)
    repo_names: list[str] = Field(default_factory=list)


class MembershipBody(Body):
    """PUT a team membership."""

    role: Literal["member", "maintainer"] = "member"


class PermissionBody(Body):
    """PUT a team's repository."""

    permission: str = "push"


@routes.add("GET", "/orgs/{org}/teams")
def list_teams(call: Call) -> Answer:
    """All teams, by name."""
    find.member(call)
    rows = call.db.all("SELECT * FROM teams ORDER BY name")
    return page(call, [views.team(call.world, call.db, row) for row in rows])


@routes.add("POST", "/orgs/{org}/teams")
def create_team(call: Call) -> Answer:
    """A user who creates a team becomes its maintainer; an App does not."""
    find.organization(call)
    body = call.body(TeamBody, "Team")
    if not body.name:
        raise invalid("Team", "name", "missing_field")
    if body.maintainers or body.repo_names:
        raise unsupported("Team", "maintainers", "Adding members or repositories while creating a team")
    moment = now()
    team_id = call.db.insert(
        "teams",
        slug=_free_slug(call, body.name, None),
        name=body.name,
        description=body.description or None,
        privacy=_privacy(body.privacy, body.parent_team_id),
        notification_setting=body.notification_setting or "notifications_enabled",
        parent_id=_parent(call, body.parent_team_id, None),
        created_at=moment,
        updated_at=moment,
    )
    if not call.actor.app:
        call.db.insert("team_members", team_id=team_id, account_id=call.actor.id, role="maintainer")
    return Answer(_full(call, team_id), 201)


@routes.add("GET", BY_SLUG)
@routes.add("GET", BY_ID)
def get_team(call: Call) -> Answer:
    """One team."""
    return Answer(_full(call, find.team(call)["id"]))


@routes.add("PATCH", BY_SLUG)
@routes.add("PATCH", BY_ID)
def update_team(call: Call) -> Answer:
    """A new name gives a new slug; ``parent_team_id: null`` takes a team out of its parent."""
    row = find.team(call)
    body = call.body(TeamBody, "Team")
    given: dict[str, Any] = {name: value for name, value in body.given().items() if name in row and (value is not None)}
    if "description" in body.model_fields_set:
        given["description"] = body.description or None
    if body.name:
        given["slug"] = _free_slug(call, body.name, row["id"])
    if "parent_team_id" in body.model_fields_set:
        given["parent_id"] = _parent(call, body.parent_team_id, row["id"])
    if body.privacy == "secret" and given.get("parent_id", row["parent_id"]):
        raise invalid("Team", "privacy", "invalid", "A nested team cannot be secret")
    call.db.update("teams", row["id"], **given, updated_at=now())
    return Answer(_full(call, row["id"]))


@routes.add("DELETE", BY_SLUG)
@routes.add("DELETE", BY_ID)
def delete_team(call: Call) -> Answer:
    """With its child teams."""
    call.db.run("DELETE FROM teams WHERE id = ?", find.team(call)["id"])
    return NO_CONTENT


@routes.add("GET", f"{BY_SLUG}/members")
@routes.add("GET", f"{BY_ID}/members")
def list_members(call: Call) -> Answer:
    """Members of the team and of its child teams."""
    team, role = find.team(call), call.query.get("role", "all")
    rows = call.db.all(
        "WITH RECURSIVE below(id) AS (SELECT ? UNION SELECT teams.id FROM teams JOIN below ON parent_id = below.id) "
        "SELECT DISTINCT accounts.* FROM team_members JOIN accounts ON id = account_id "
        "WHERE team_id IN (SELECT id FROM below) AND (? = 'all' OR role = ?) ORDER BY login",
        team["id"],
        role,
        role,
    )
    return page(call, [views.user(call.world, row) for row in rows])


@routes.add("GET", f"{BY_SLUG}/memberships/{{username}}")
@routes.add("GET", f"{BY_ID}/memberships/{{username}}")
def get_membership(call: Call) -> Answer:
    """Somebody's role in the team."""
    team = find.team(call)
    account = find.account(call.db, call.parameters["username"])
    return Answer(_membership(call, team, account))


@routes.add("PUT", f"{BY_SLUG}/memberships/{{username}}")
@routes.add("PUT", f"{BY_ID}/memberships/{{username}}")
def set_membership(call: Call) -> Answer:
    """Only members of the organisation; GitHub would invite others, which has no end here."""
    team = find.team(call)
    account = find.account(call.db, call.parameters["username"])
    if call.db.one("SELECT role FROM members WHERE account_id = ?", account["id"]) is None:
        raise unsupported("TeamMember", "user", "Inviting somebody from outside the organisation")
    call.db.run(
        "INSERT INTO team_members (team_id, account_id, role) VALUES (?, ?, ?) "
        "ON CONFLICT (team_id, account_id) DO UPDATE SET role = excluded.role",
        team["id"],
        account["id"],
        call.body(MembershipBody, "TeamMember").role,
    )
    return Answer(_membership(call, team, account))


@routes.add("DELETE", f"{BY_SLUG}/memberships/{{username}}")
@routes.add("DELETE", f"{BY_ID}/memberships/{{username}}")
def remove_membership(call: Call) -> Answer:
    """Out of this team only."""
    team = find.team(call)
    account = find.account(call.db, call.parameters["username"])
    _membership(call, team, account)
    call.db.run("DELETE FROM team_members WHERE team_id = ? AND account_id = ?", team["id"], account["id"])
    return NO_CONTENT


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


def _free_slug(call: Call, name: str, own: int | None) -> str:
    slug = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")
    other = call.db.one("SELECT id FROM teams WHERE slug = ?", slug)
    if not slug or (other and other["id"] != own):
        message = "Name must be unique for this org" if slug else "Name needs a letter or a number"
        raise RefusalError(422, "Validation Failed", invalid("Team", "name", "already_exists", message).errors)
    return slug


def _privacy(wanted: str | None, parent: int | None) -> str:
    if wanted == "secret" and parent:
        raise invalid("Team", "privacy", "invalid", "A nested team cannot be secret")
    return wanted or ("closed" if parent else "secret")


def _parent(call: Call, parent: int | None, own: int | None) -> int | None:
    above = parent
    while above is not None:
        row = call.db.one("SELECT parent_id FROM teams WHERE id = ?", above)
        if row is None or above == own:
            raise invalid(
                "Team", "parent_team_id", "invalid", "The parent must be another team, and none below this one"
            )
        above = row["parent_id"]
    return parent


def _membership(call: Call, team: Row, account: Row) -> views.Json:
    row = call.db.one(
        "SELECT team_members.role, members.state, members.role AS standing FROM team_members "
        "JOIN members USING (account_id) WHERE team_id = ? AND account_id = ?",
        team["id"],
        account["id"],
    )
    if row is None:
        raise not_found()
    # An owner of the organisation is a maintainer of each of its teams, whatever was asked for.
    role = "maintainer" if row["standing"] == "admin" else row["role"]
    address = f"{views.simple_team(call.world, call.db, team)['url']}/memberships/{account['login']}"
    return {"url": address, "role": role, "state": row["state"]}


def _full(call: Call, team_id: int) -> views.Json:
    row = call.db.one("SELECT * FROM teams WHERE id = ?", team_id) or {}
    members = call.db.count("SELECT count(*) FROM team_members WHERE team_id = ?", team_id)
    repositories = call.db.count("SELECT count(*) FROM team_repositories WHERE team_id = ?", team_id)
    moments = {"created_at": row["created_at"], "updated_at": row["updated_at"]}
    organization = views.organization(call.world, call.db) | {
        "html_url": f"{call.world.base}/{ORGANIZATION}",
        "type": "Organization",
        **dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0),
        **dict.fromkeys(("has_organization_projects", "has_repository_projects"), True),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "archived_at": None,
    }
    counts = {"members_count": members, "repos_count": repositories}
    return views.team(call.world, call.db, row) | counts | moments | {"organization": organization}
