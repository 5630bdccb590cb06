"""The GraphQL API, as far as ``schema.graphql`` goes: team members, branch protection rules, pull requests.

graphql-core checks each request against that schema, so what is missing is refused. Objects are dictionaries; a value
that is a function is a field that takes arguments or is worth computing only when it is asked for.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphql import ExecutionResult, GraphQLError, build_schema, graphql_sync
from pydantic import Field

from sandbox.github import branch_rules, find, pull_graphql, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError
from sandbox.github.nodes import Node, app_node, team_node, unresolved, user_node
from sandbox.github.store import Row
from sandbox.github.world import APP_ID, ORGANIZATION

routes = Routes(prefix="")

SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text())


class Request(Body):
    """POST /api/graphql."""

    query: str
    variables: dict[str, Any] | None = Field(default=None)
    operationName: str | None = None  # noqa: N815 - GraphQL's own spelling


@routes.add("POST", "/graphql")
def execute(call: Call) -> Answer:
    """Errors of a query come with status 200, as GraphQL has it; a mutation with one changes nothing."""
    if call.actor.anonymous:
        raise RefusalError(401, "This endpoint requires you to be authenticated.")
    body = call.body(Request, "Query")
    result = graphql_sync(
        SCHEMA, body.query, _root(call), variable_values=body.variables, operation_name=body.operationName
    )
    if result.errors and _changes(body.query):
        raise RejectedError(result)
    return Answer(_document(result))


class RejectedError(RefusalError):
    """A mutation with an error: answered like any other result, but nothing of it is kept."""

    def __init__(self, result: ExecutionResult) -> None:
        super().__init__(200, "")
        self._result = result

    def document(self) -> dict[str, Any]:
        """The result itself."""
        return _document(self._result)


def _changes(query: str) -> bool:
    return query.lstrip().startswith("mutation")


def _document(result: ExecutionResult) -> dict[str, Any]:
    errors = [_error(error) for error in result.errors or []]
    return {"data": result.data} | ({"errors": errors} if errors else {})


def _error(error: GraphQLError) -> dict[str, Any]:
    shown: dict[str, Any] = dict(error.formatted)
    if isinstance(error.original_error, RefusalError):
        shown["type"] = {403: "FORBIDDEN", 404: "NOT_FOUND"}.get(error.original_error.status, "UNPROCESSABLE")
    return shown


def _root(call: Call) -> dict[str, Callable[..., Any]]:
    def node(_: object, id: str) -> Node:  # noqa: A002 - the field's argument
        return _node(call, id)

    def organization(_: object, login: str) -> Node:
        if login.lower() != ORGANIZATION.lower():
            raise unresolved(f"an Organization with the login of '{login}'")
        return _organization(call)

    def repository(_: object, owner: str, name: str) -> Node:
        row = find.by_name(call.db, owner, name)
        if row is None or role_of(call.db, call.actor, row) < Role.READ:
            raise unresolved(f"a Repository with the name '{owner}/{name}'")
        return branch_rules.repository_node(call, row)

    def user(_: object, login: str) -> Node:
        row = call.db.one("SELECT * FROM accounts WHERE login = ? AND type = 'User'", login)
        if row is None:
            raise unresolved(f"a User with the login of '{login}'")
        return user_node(row)

    def viewer(_: object) -> Node:
        return user_node(find.account(call.db, call.actor.login))

    return {
        "node": node,
        "organization": organization,
        "repository": repository,
        "user": user,
        "viewer": viewer,
        **branch_rules.mutations(call),
        **pull_graphql.mutations(call),
    }


def _node(call: Call, identifier: str) -> Node:
    kind, number = views.node_parts(identifier)
    if kind == "O":
        return _organization(call)
    if kind == "A" and number == APP_ID:
        return app_node()
    makers: dict[str, tuple[str, Callable[[Row], Node]]] = {
        "R": ("repositories", lambda row: branch_rules.repository_node(call, row)),
        "T": ("teams", lambda row: team_node(call, row)),
        "U": ("accounts", user_node),
        "BPR": ("protections", lambda row: branch_rules.rule_node(call, row)),
    }
    table, make = makers.get(kind, ("", user_node))
    row = call.db.one(f"SELECT * FROM {table} WHERE id = ?", number) if table else None  # noqa: S608 - from makers
    if row is None:
        raise unresolved(f"a node with the global id of '{identifier}'")
    return make(row)


def _organization(call: Call) -> Node:
    document = views.organization(call.world, call.db)

    def team(_: object, slug: str) -> Node | None:
        row = call.db.one("SELECT * FROM teams WHERE slug = ?", slug.lower())
        inside = call.actor.app or find.is_member(call.db, call.actor.id)
        return team_node(call, row) if row and inside else None

    return {
        "__typename": "Organization",
        "id": document["node_id"],
        "login": document["login"],
        "name": document["login"],
        "team": team,
    }
