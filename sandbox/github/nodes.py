"""What accounts and teams look like in GraphQL, and connections, GraphQL's pages."""

from typing import Any

from sandbox.github import views
from sandbox.github.calls import Call
from sandbox.github.errors import RefusalError
from sandbox.github.store import Row
from sandbox.github.world import APP_ID, APP_NAME, APP_SLUG

Node = dict[str, Any]

MOST = 100


def unresolved(what: str) -> RefusalError:
    """GitHub's words for what is not there, or not to be seen; the provider looks for them."""
    return RefusalError(404, f"Could not resolve to {what}.")


def user_node(row: Row) -> Node:
    """A user."""
    return {
        "__typename": "User",
        "id": views.node_id("U", row["id"]),
        "login": row["login"],
        "name": row["name"],
    }


def app_node() -> Node:
    """The deployer's App."""
    return {"__typename": "App", "id": views.node_id("A", APP_ID), "name": APP_NAME, "slug": APP_SLUG}


def team_node(call: Call, row: Row) -> Node:
    """A team; its members with their role there."""

    def members(_: object, membership: str, first: int | None = None, after: str | None = None) -> Node:
        rows = _members(call, row["id"], below=membership == "ALL")
        edges = [{"node": user_node(member), "role": _role(member)} for member in rows]
        shown, page_info = window(edges, first, after)
        return {"edges": shown, "pageInfo": page_info, "totalCount": len(edges)}

    return {
        "__typename": "Team",
        "id": views.node_id("T", row["id"]),
        "name": row["name"],
        "slug": row["slug"],
        "members": members,
    }


def _members(call: Call, team_id: int, *, below: bool) -> list[Row]:
    return call.db.all(
        "WITH RECURSIVE tree(id) AS ("
        " SELECT ? UNION SELECT teams.id FROM teams JOIN tree ON parent_id = tree.id WHERE ?"
        ") SELECT accounts.*, team_members.role, members.role AS standing FROM team_members "
        "JOIN accounts ON accounts.id = account_id LEFT JOIN members USING (account_id) "
        "WHERE team_id IN (SELECT id FROM tree) GROUP BY accounts.id ORDER BY login",
        team_id,
        below,
    )


def _role(member: Row) -> str:
    """An owner of the organisation is a maintainer of each of its teams."""
    return "MAINTAINER" if member["standing"] == "admin" else str(member["role"]).upper()


def window(items: list[Any], first: int | None, after: str | None) -> tuple[list[Any], Node]:
    """The part of a connection that was asked for, and its ``pageInfo``; a cursor is a position."""
    start = int(after) if after else 0
    end = start + min(first or MOST, MOST)
    cursor = str(min(end, len(items))) if items[start:end] else None
    return items[start:end], {"endCursor": cursor, "hasNextPage": end < len(items)}
