"""Releases, and the tags that they stand on. Left out: assets, generated notes, discussions."""

from typing import Literal

from pydantic import Field

from sandbox.github import find, release_views, tags
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import invalid, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row, load, now
from sandbox.github.telling import tell

routes = Routes()

ALL = "/repos/{owner}/{repo}/releases"
ONE = ALL + "/{release_id:int}"


class ReleaseBody(Body):
    """PATCH a release."""

    refused = frozenset({"discussion_category_name"})

    tag_name: str | None = Field(default=None, min_length=1)
    target_commitish: str | None = None
    name: str | None = None
    body: str | None = Field(default=None, max_length=125_000)
    draft: bool | None = None
    prerelease: bool | None = None
    make_latest: Literal["true", "false", "legacy"] | None = None


class NewRelease(ReleaseBody):
    """POST a release."""

    refused = ReleaseBody.refused

    tag_name: str = Field(min_length=1)
    generate_release_notes: Literal[False] = False


@routes.add("GET", ALL)
def list_releases(call: Call) -> Answer:
    """Newest first; drafts are for those who push."""
    repository = find.repository(call)
    rows = call.db.all("SELECT * FROM releases WHERE repository_id = ? ORDER BY id DESC", repository["id"])
    return page(call, [release_views.release(call, repository, row) for row in rows if _may_see(call, repository, row)])


@routes.add("POST", ALL)
def create_release(call: Call) -> Answer:
    """A release; unless it is a draft its tag is made if there is none."""
    repository = find.writable(call, Role.WRITE)
    body = call.body(NewRelease, "Release")
    _check_free(call, repository, body.tag_name)
    moment = now()
    release_id = call.db.insert(
        "releases",
        repository_id=repository["id"],
        tag_name=body.tag_name,
        target_commitish=body.target_commitish or load(repository["settings"])["default_branch"],
        name=body.name,
        body=body.body,
        draft=True,
        prerelease=bool(body.prerelease),
        latest=body.make_latest or "true",
        author_id=call.actor.id,
        created_at=moment,
        updated_at=moment,
    )
    row = _by_id(call, release_id)
    if not body.draft:
        row = _published(call, repository, row)
    _tell(call, repository, row, "created")
    if not body.draft:
        _tell_published(call, repository, row)
    return Answer(release_views.release(call, repository, row), 201)


def _published(call: Call, repository: Row, row: Row) -> Row:
    made = tags.ensure(call, repository, row["tag_name"], row["target_commitish"])
    call.db.update("releases", row["id"], draft=False, published_at=now(), created_at=made)
    return _by_id(call, row["id"])


def _tell_published(call: Call, repository: Row, row: Row) -> None:
    for action in ("published", "prereleased" if row["prerelease"] else "released"):
        _tell(call, repository, row, action)


@routes.add("GET", ALL + "/latest")
def get_latest(call: Call) -> Answer:
    """The newest that is neither a draft nor a prerelease."""
    repository = find.repository(call)
    row = release_views.latest(call.db, repository)
    if row is None:
        raise not_found()
    return Answer(release_views.release(call, repository, row))


@routes.add("GET", ALL + "/tags/{tag:path}")
def get_by_tag(call: Call) -> Answer:
    """The published one of a tag."""
    repository = find.repository(call)
    sql = "SELECT * FROM releases WHERE repository_id = ? AND tag_name = ? AND NOT draft"
    row = call.db.one(sql, repository["id"], call.parameters["tag"])
    if row is None:
        raise not_found()
    return Answer(release_views.release(call, repository, row))


@routes.add("GET", ONE)
def get_release(call: Call) -> Answer:
    """One release."""
    repository = find.repository(call)
    return Answer(release_views.release(call, repository, _row(call, repository)))


@routes.add("PATCH", ONE)
def update_release(call: Call) -> Answer:
    """Change what the body names; a draft is published by ``draft: false``."""
    repository = find.writable(call, Role.WRITE)
    row, body = _row(call, repository), call.body(ReleaseBody, "Release")
    if body.tag_name and body.tag_name != row["tag_name"]:
        _check_free(call, repository, body.tag_name)
    names = {"tag_name", "target_commitish", "name", "body", "prerelease"}
    columns = {name: value for name, value in body.given().items() if name in names and value is not None}
    columns |= {"latest": body.make_latest} if body.make_latest else {}
    call.db.update("releases", row["id"], updated_at=now(), **columns)
    changed = _by_id(call, row["id"])
    if row["draft"] and body.draft is False:
        changed = _published(call, repository, changed)
        _tell_published(call, repository, changed)
    else:
        before = {name: {"from": row[name] or ""} for name in ("name", "body") if changed[name] != row[name]}
        _tell(call, repository, changed, "edited", changes=before)
    return Answer(release_views.release(call, repository, changed))


@routes.add("DELETE", ONE)
def delete_release(call: Call) -> Answer:
    """The tag stays."""
    repository = find.writable(call, Role.WRITE)
    row = _row(call, repository)
    _tell(call, repository, row, "deleted")
    call.db.run("DELETE FROM releases WHERE id = ?", row["id"])
    return NO_CONTENT


@routes.add("GET", ONE + "/assets")
def list_assets(call: Call) -> Answer:
    """There are none."""
    _row(call, find.repository(call))
    return page(call, [])


def _check_free(call: Call, repository: Row, tag: str) -> None:
    sql = "SELECT 1 AS yes FROM releases WHERE repository_id = ? AND tag_name = ? AND NOT draft"
    if call.db.one(sql, repository["id"], tag):
        raise invalid("Release", "tag_name", "already_exists")


def _by_id(call: Call, release_id: int) -> Row:
    return call.db.one("SELECT * FROM releases WHERE id = ?", release_id) or {}


def _row(call: Call, repository: Row) -> Row:
    row = _by_id(call, int(call.parameters["release_id"]))
    if not row or row["repository_id"] != repository["id"] or not _may_see(call, repository, row):
        raise not_found()
    return row


def _may_see(call: Call, repository: Row, row: Row) -> bool:
    return not row["draft"] or role_of(call.db, call.actor, repository) >= Role.WRITE


def _tell(call: Call, repository: Row, row: Row, action: str, **more: object) -> None:
    tell(call, repository, "release", action, release=release_views.release(call, repository, row), **more)
