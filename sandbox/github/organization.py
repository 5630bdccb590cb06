"""The organisation, its members and their memberships."""

from typing import Any, Literal

from pydantic import Field

from sandbox.github import find, views
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, forbidden, not_found, unsupported
from sandbox.github.pagination import page
from sandbox.github.store import Row, dump, load, now

routes = Routes()


class OrganizationBody(Body):
    """PATCH /orgs/{org}, as far as it means something here."""

    name: str | None = None
    description: str | None = Field(default=None, max_length=160)
    blog: str | None = None
    default_repository_permission: Literal["read", "write", "admin", "none"] | None = None
    members_can_create_repositories: bool | None = None


class MembershipBody(Body):
    """PUT a membership."""

    role: Literal["admin", "member"] = "member"


@routes.add("GET", "/orgs/{org}")
def get_organization(call: Call) -> Answer:
    """The organisation's profile; settings are for its owners' eyes."""
    find.organization(call)
    return Answer(_view(call))


@routes.add("PATCH", "/orgs/{org}")
def update_organization(call: Call) -> Answer:
    """Change what the body names."""
    find.organization(call)
    row = call.db.one("SELECT * FROM organization") or {}
    given = call.body(OrganizationBody, "Organization").given()
    call.db.run("UPDATE organization SET settings = ?", dump(load(row["settings"]) | given))
    return Answer(_view(call))


def _view(call: Call) -> views.Json:
    row = call.db.one("SELECT accounts.created_at, settings FROM organization JOIN accounts ON id = account_id") or {}
    settings: dict[str, Any] = load(row["settings"])
    public = call.db.count("SELECT count(*) FROM repositories WHERE json_extract(settings, '$.visibility') = 'public'")
    document = views.organization(call.world, call.db) | {
        "name": settings["name"],
        "blog": settings["blog"],
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": public,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{call.world.base}/{settings['login']}",
        "type": "Organization",
        "created_at": row["created_at"],
        "updated_at": row["created_at"],
        "archived_at": None,
    }
    return document | (_settings(settings) if call.actor.app or call.actor.owner else {})


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    names = ("default_repository_permission", "members_can_create_repositories")
    return {name: settings[name] for name in names} | {"two_factor_requirement_enabled": False}


@routes.add("GET", "/orgs/{org}/members")
def list_members(call: Call) -> Answer:
    """Active members; ``role`` narrows it down."""
    find.member(call)
    role = call.query.get("role", "all")
    rows = call.db.all(
        "SELECT accounts.* FROM members JOIN accounts ON id = account_id "
        "WHERE state = 'active' AND (? = 'all' OR role = ?) ORDER BY login",
        role,
        role,
    )
    return page(call, [views.user(call.world, row) for row in rows])


@routes.add("GET", "/orgs/{org}/members/{username}")
def is_member(call: Call) -> Answer:
    """204 or 404."""
    find.member(call)
    if not find.is_member(call.db, find.account(call.db, call.parameters["username"])["id"]):
        raise not_found()
    return NO_CONTENT


@routes.add("GET", "/orgs/{org}/memberships/{username}")
def get_membership(call: Call) -> Answer:
    """Role and state."""
    find.member(call)
    account = find.account(call.db, call.parameters["username"])
    return Answer(_membership(call, account, _role(call, account)))


@routes.add("PUT", "/orgs/{org}/memberships/{username}")
def set_membership(call: Call) -> Answer:
    """Invite somebody (pending until accepted; there is no accepting here) or change a role."""
    find.organization(call)
    account = find.account(call.db, call.parameters["username"])
    if account["type"] != "User":
        raise unsupported("OrganizationMembership", "username", f"Membership of a {account['type']}")
    role = call.body(MembershipBody, "OrganizationMembership").role
    _keep_an_owner(call, account, role)
    call.db.run(
        "INSERT INTO members (account_id, role, state) VALUES (?, ?, 'pending') "
        "ON CONFLICT (account_id) DO UPDATE SET role = excluded.role",
        account["id"],
        role,
    )
    return Answer(_membership(call, account, _role(call, account)))


@routes.add("DELETE", "/orgs/{org}/memberships/{username}")
@routes.add("DELETE", "/orgs/{org}/members/{username}")
def remove_member(call: Call) -> Answer:
    """Out of the organisation and of its teams."""
    find.organization(call)
    account = find.account(call.db, call.parameters["username"])
    _role(call, account)
    _keep_an_owner(call, account, "member")
    call.db.run("DELETE FROM members WHERE account_id = ?", account["id"])
    call.db.run("DELETE FROM team_members WHERE account_id = ?", account["id"])
    return NO_CONTENT


def _keep_an_owner(call: Call, account: Row, role: str) -> None:
    owners = call.db.all("SELECT account_id FROM members WHERE role = 'admin' AND state = 'active'")
    if role != "admin" and [row["account_id"] for row in owners] == [account["id"]]:
        raise forbidden("Cannot remove or demote the last owner of an organization.")


def _role(call: Call, account: Row) -> Row:
    row = call.db.one("SELECT * FROM members WHERE account_id = ?", account["id"])
    if row is None:
        raise not_found()
    return row


def _membership(call: Call, account: Row, member: Row) -> views.Json:
    organization = views.organization(call.world, call.db)
    return {
        "url": f"{organization['url']}/memberships/{account['login']}",
        "state": member["state"],
        "role": member["role"],
        "organization_url": organization["url"],
        "organization": organization,
        "user": views.user(call.world, account),
        "direct_membership": True,
        "enterprise_teams_providing_indirect_membership": [],
    }


@routes.add("GET", "/user")
def get_authenticated_user(call: Call) -> Answer:
    """Who the token belongs to; an App has no user."""
    if call.actor.anonymous:
        raise RefusalError(401, "Requires authentication")
    if call.actor.app:
        raise forbidden("Resource not accessible by integration")
    return Answer(_profile(call, find.account(call.db, call.actor.login)))


@routes.add("GET", "/users/{username}")
def get_user(call: Call) -> Answer:
    """Anybody's public profile."""
    return Answer(_profile(call, find.account(call.db, call.parameters["username"])))


@routes.add("GET", "/user/{account_id}")
def get_user_by_id(call: Call) -> Answer:
    """The same by number."""
    row = call.db.one("SELECT * FROM accounts WHERE id = ?", call.parameters["account_id"])
    if row is None:
        raise not_found()
    return Answer(_profile(call, row))


def _profile(call: Call, account: Row) -> views.Json:
    empty = dict.fromkeys(("company", "location", "hireable", "bio", "twitter_username"))
    numbers = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    return (
        views.user(call.world, account)
        | empty
        | numbers
        | {"name": account["name"], "email": account["email"], "blog": ""}
        | {"created_at": account["created_at"], "updated_at": account["created_at"] or now()}
    )
