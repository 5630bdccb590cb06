"""Who is in a team, and as what."""

from typing import Literal

from sandbox.github import find, views
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import not_found, unsupported
from sandbox.github.pagination import page
from sandbox.github.store import Row
from sandbox.github.teams import BY_ID, BY_SLUG

routes = Routes()


class MembershipBody(Body):
    """PUT a team membership."""

    role: Literal["member", "maintainer"] = "member"


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
