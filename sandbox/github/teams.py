"""Teams, by slug and by number, as the provider calls them. Their members and repositories have rooms of their own."""

import re
from typing import Any, Literal

from pydantic import Field

from sandbox.github import find, views
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, invalid
from sandbox.github.pagination import page
from sandbox.github.store import now
from sandbox.github.world import ORGANIZATION

routes = Routes()

BY_SLUG = "/orgs/{org}/teams/{team_slug}"
BY_ID = "/organizations/{organization_id}/team/{team_id}"


class TeamBody(Body):
    """POST and PATCH of a team."""

    refused = frozenset({"ldap_dn", "maintainers", "repo_names"})

    name: str | None = Field(default=None, min_length=1, max_length=255)
    description: str | None = None
    privacy: Literal["secret", "closed"] | None = None
    notification_setting: Literal["notifications_enabled", "notifications_disabled"] | None = None
    parent_team_id: int | None = None
    permission: Literal["pull", "push"] = "pull"


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
