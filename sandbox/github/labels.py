"""Issue labels of a repository."""

from urllib.parse import quote

from pydantic import Field

from sandbox.github import find, views
from sandbox.github.accounts import Role
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import invalid, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Database, Row
from sandbox.github.world import World

routes = Routes()

DEFAULT_LABELS = {
    "bug": ("d73a4a", "Something isn't working"),
    "documentation": ("0075ca", "Improvements or additions to documentation"),
    "duplicate": ("cfd3d7", "This issue or pull request already exists"),
    "enhancement": ("a2eeef", "New feature or request"),
    "good first issue": ("7057ff", "Good for newcomers"),
    "help wanted": ("008672", "Extra attention is needed"),
    "invalid": ("e4e669", "This doesn't seem right"),
    "question": ("d876e3", "Further information is requested"),
    "wontfix": ("ffffff", "This will not be worked on"),
}
"""What GitHub gives a new repository."""

GREY = "ededed"
COLOR = r"^[0-9a-fA-F]{6}$"
LONGEST_NAME = 50


class NewLabel(Body):
    """POST a label."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    color: str = Field(default=GREY, pattern=COLOR)
    description: str | None = Field(default=None, max_length=100)


class LabelChange(Body):
    """PATCH a label; ``name`` is how it is called in the clients' older spelling of ``new_name``."""

    new_name: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    name: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME)
    color: str | None = Field(default=None, pattern=COLOR)
    description: str | None = Field(default=None, max_length=100)


def add_default_labels(db: Database, repository_id: int) -> None:
    """The nine labels of a new repository."""
    for name, (color, description) in DEFAULT_LABELS.items():
        db.insert(
            "labels", repository_id=repository_id, name=name, color=color, description=description, is_default=True
        )


def ensure(db: Database, repository_id: int, name: str) -> int:
    """The id of the label with this name, made in grey if it is not there."""
    row = db.one("SELECT id FROM labels WHERE repository_id = ? AND name = ?", repository_id, name)
    return row["id"] if row else db.insert("labels", repository_id=repository_id, name=name, color=GREY)


@routes.add("GET", "/repos/{owner}/{repo}/labels")
def list_labels(call: Call) -> Answer:
    """By name."""
    repository = find.repository(call)
    rows = call.db.all("SELECT * FROM labels WHERE repository_id = ? ORDER BY name", repository["id"])
    return page(call, [view(call.world, repository, row) for row in rows])


@routes.add("POST", "/repos/{owner}/{repo}/labels")
def create_label(call: Call) -> Answer:
    """Names are unique whatever their case."""
    repository = find.writable(call, Role.WRITE)
    body = call.body(NewLabel, "Label")
    _check_free(call, repository, body.name)
    label_id = call.db.insert("labels", repository_id=repository["id"], **body.model_dump())
    return Answer(view(call.world, repository, _by_id(call.db, label_id)), 201)


@routes.add("GET", "/repos/{owner}/{repo}/labels/{name:path}")
def get_label(call: Call) -> Answer:
    """One label."""
    repository = find.repository(call)
    return Answer(view(call.world, repository, _label(call, repository)))


@routes.add("PATCH", "/repos/{owner}/{repo}/labels/{name:path}")
def update_label(call: Call) -> Answer:
    """Rename it, colour it, describe it."""
    repository = find.writable(call, Role.WRITE)
    row = _label(call, repository)
    change = call.body(LabelChange, "Label")
    name = change.new_name or change.name or row["name"]
    if name.lower() != row["name"].lower():
        _check_free(call, repository, name)
    description = change.description if "description" in change.model_fields_set else row["description"]
    call.db.update("labels", row["id"], name=name, description=description, color=change.color or row["color"])
    return Answer(view(call.world, repository, _by_id(call.db, row["id"])))


@routes.add("DELETE", "/repos/{owner}/{repo}/labels/{name:path}")
def delete_label(call: Call) -> Answer:
    """Gone for good."""
    repository = find.writable(call, Role.WRITE)
    call.db.run("DELETE FROM labels WHERE id = ?", _label(call, repository)["id"])
    return NO_CONTENT


def _check_free(call: Call, repository: Row, name: str) -> None:
    if call.db.one("SELECT id FROM labels WHERE repository_id = ? AND name = ?", repository["id"], name):
        raise invalid("Label", "name", "already_exists")


def _label(call: Call, repository: Row) -> Row:
    name = call.parameters["name"]
    row = call.db.one("SELECT * FROM labels WHERE repository_id = ? AND name = ?", repository["id"], name)
    if row is None:
        raise not_found()
    return row


def _by_id(db: Database, label_id: int) -> Row:
    return db.one("SELECT * FROM labels WHERE id = ?", label_id) or {}


def view(world: World, repository: Row, row: Row) -> views.Json:
    """GitHub's "label"."""
    return {
        "id": row["id"],
        "node_id": views.node_id("LA", row["id"]),
        "url": f"{world.api}/repos/{repository['full_name']}/labels/{quote(row['name'], safe='')}",
        "name": row["name"],
        "color": row["color"],
        "default": bool(row["is_default"]),
        "description": row["description"],
        "archived_at": None,
        "archived_by": None,
    }
