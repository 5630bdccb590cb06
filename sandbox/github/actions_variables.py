"""Actions variables of a repository or of one of its environments."""

import re

from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, conflict, invalid, not_found
from sandbox.github.pagination import page
from sandbox.github.scopes import PLACES, Scope, scope
from sandbox.github.store import Row, now

routes = Routes()

NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", re.IGNORECASE)
LARGEST = 48 * 1024
"""Bytes of a value."""


class NewVariable(Body):
    """POST a variable."""

    name: str
    value: str


class VariableChange(Body):
    """PATCH a variable."""

    name: str | None = None
    value: str | None = None


def list_variables(call: Call) -> Answer:
    """With their values."""
    rows = call.db.all(
        "SELECT * FROM variables WHERE repository_id = ? AND environment_id = ? ORDER BY name", *scope(call).key
    )
    return page(call, [_view(row) for row in rows], wrap="variables")


def create_variable(call: Call) -> Answer:
    """409 if it exists."""
    place, body = scope(call), call.body(NewVariable, "Variable")
    name = _checked(body.name, body.value)
    if _find(call, place, name):
        raise conflict("Already exists - Variable already exists")
    repository_id, environment_id = place.key
    moment = now()
    call.db.insert(
        "variables",
        repository_id=repository_id,
        environment_id=environment_id,
        name=name,
        value=body.value,
        created_at=moment,
        updated_at=moment,
    )
    return Answer({}, 201)


def get_variable(call: Call) -> Answer:
    """One with its value."""
    return Answer(_view(_variable(call, scope(call))))


def update_variable(call: Call) -> Answer:
    """Another value, another name."""
    place, body = scope(call), call.body(VariableChange, "Variable")
    row = _variable(call, place)
    name = _checked(body.name or row["name"], body.value or "")
    if name != row["name"] and _find(call, place, name):
        raise RefusalError(409, "Already exists - Variable already exists")
    call.db.run(
        "UPDATE variables SET name = ?, value = ?, updated_at = ? "
        "WHERE repository_id = ? AND environment_id = ? AND name = ?",
        name,
        row["value"] if body.value is None else body.value,
        now(),
        *place.key,
        row["name"],
    )
    return NO_CONTENT


def delete_variable(call: Call) -> Answer:
    """Gone for good."""
    place = scope(call)
    row = _variable(call, place)
    call.db.run(
        "DELETE FROM variables WHERE repository_id = ? AND environment_id = ? AND name = ?", *place.key, row["name"]
    )
    return NO_CONTENT


def _checked(name: str, value: str) -> str:
    if not NAME.fullmatch(name):
        message = "letters, digits and underscores, no leading digit, no prefix GITHUB_"
        raise invalid("Variable", "name", "invalid", message)
    if len(value.encode()) > LARGEST:
        raise invalid("Variable", "value", "invalid", f"a variable has at most {LARGEST} bytes")
    return name.upper()


def _find(call: Call, place: Scope, name: str) -> Row | None:
    sql = "SELECT * FROM variables WHERE repository_id = ? AND environment_id = ? AND name = ?"
    return call.db.one(sql, *place.key, name.upper())


def _variable(call: Call, place: Scope) -> Row:
    row = _find(call, place, call.parameters["name"])
    if row is None:
        raise not_found()
    return row


def _view(row: Row) -> dict[str, str]:
    return {name: row[name] for name in ("name", "value", "created_at", "updated_at")}


for _place in PLACES:
    routes.add("GET", f"{_place}/variables")(list_variables)
    routes.add("POST", f"{_place}/variables")(create_variable)
    routes.add("GET", f"{_place}/variables/{{name}}")(get_variable)
    routes.add("PATCH", f"{_place}/variables/{{name}}")(update_variable)
    routes.add("DELETE", f"{_place}/variables/{{name}}")(delete_variable)
