"""The organisation, its members and their memberships."""

from typing import Any, Literal

from pydantic import Field

from sandbox.github import find, views
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import forbidden, not_found, unsupported
from sandbox.github.pagination import page
from sandbox.github.store import Row, dump, load

routes = Routes()


REFUSED = frozenset(
    {
        "billing_email", "company", "email", "location", "twitter_username", "has_organization_projects",
        "has_repository_projects", "members_allowed_repository_creation_type", "members_can_create_pages",
        "members_can_create_internal_repositories", "members_can_create_private_repositories",
        "members_can_create_public_repositories", "members_can_fork_private_repositories",
        "web_commit_signoff_required", "deploy_keys_enabled_for_repositories",
    }
)  # fmt: skip
"""Settings of a real organisation that mean nothing here."""


class OrganizationBody(Body):
    """PATCH /orgs/{org}, as far as it means something here."""

    refused = REFUSED

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
        **dict.fromkeys(("company", "location", "email", "twitter_username")),
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
    numbers = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
    plan = {"name": "free", "space": 0, "private_repos": 0, "filled_seats": 0, "seats": 0}
    hidden = dict.fromkeys(numbers, 0) | {"plan": plan, "billing_email": None, "two_factor_requirement_enabled": False}
    return {name: settings[name] for name in names} | hidden


@routes.add("GET", "/orgs/{org}/members")
def list_members(call: Call) -> Answer:
    """Active members; ``role`` narrows it down."""
    find.member(call)
    call.refuse_queries("filter")
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
