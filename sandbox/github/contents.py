"""Files of a repository, read and written one at a time; each write is a commit that the rules have allowed."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from pydantic import Field

from sandbox.github import commit_views, find, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.commits import identity_of
from sandbox.github.errors import RefusalError, conflict, invalid, not_found, rule_violations
from sandbox.github.git import (
    Blob,
    BlobConflictError,
    Entry,
    Identity,
    ObjectNotFoundError,
    PathConflictError,
    RefConflictError,
    RefNotFoundError,
    Update,
)
from sandbox.github.pushes import announce
from sandbox.github.rules import Change, violations
from sandbox.github.store import Row, load

routes = Routes()

PATH = "/repos/{owner}/{repo}/contents/{path:path}"
LARGEST = 1024 * 1024
"""Bytes of a file whose content is answered; a larger one comes without, as on GitHub."""


class Signature(Body):
    """``author`` and ``committer``."""

    name: str
    email: str
    date: str | None = None


class FileBody(Body):
    """PUT and DELETE of a file."""

    message: str = Field(min_length=1)
    content: str | None = None
    sha: str | None = None
    branch: str | None = None
    author: Signature | None = None
    committer: Signature | None = None


@routes.add("GET", "/repos/{owner}/{repo}/contents")
@routes.add("GET", PATH)
def get_contents(call: Call) -> Answer:
    """A file with its content, or what a folder holds."""
    repository = find.repository(call)
    ref = call.query.get("ref") or load(repository["settings"])["default_branch"]
    path = call.parameters.get("path", "").strip("/")
    git = call.world.repositories
    blob = git.read(repository["git_name"], ref, path) if path else None
    if blob:
        return Answer(_file(call, repository, ref, path, blob))
    entries = git.listing(repository["git_name"], ref, path)
    if entries is None:
        raise not_found()
    return Answer([_entry(call, repository, ref, entry) for entry in entries])


@routes.add("PUT", PATH)
def put_file(call: Call) -> Answer:
    """Create a file, or replace the one whose ``sha`` the caller read."""
    body = call.body(FileBody, "Content")
    content = _decoded(body.content)
    repository, commit = _commit(call, body, content)
    ref = _branch(repository, body)
    path = call.parameters["path"]
    blob = call.world.repositories.read(repository["git_name"], commit["sha"], path)
    file = _file(call, repository, ref, path, blob) if blob else None
    return Answer({"content": file, "commit": commit}, 200 if body.sha else 201)


@routes.add("DELETE", PATH)
def delete_file(call: Call) -> Answer:
    """Remove the file whose ``sha`` the caller read."""
    body = call.body(FileBody, "Content")
    if not body.sha:
        raise RefusalError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    _, commit = _commit(call, body, None)
    return Answer({"content": None, "commit": commit})


def _commit(call: Call, body: FileBody, content: bytes | None) -> tuple[Row, views.Json]:
    repository = _writable(call)
    made: list[Update] = []

    def check(update: Update) -> None:
        reasons = violations(call.db, repository, Change(update, call.actor, signed=True))
        if reasons:
            raise rule_violations(reasons)
        made.append(update)

    sha = _refused_as_github_does(lambda: _write(call, repository, body, content, check))
    announce(call.world, call.db, repository, made, call.actor)
    commit = call.world.repositories.commits(repository["git_name"], sha, limit=1)[0]
    return repository, commit_views.bare(call.world, repository, commit)


def _writable(call: Call) -> Row:
    """The repository; without the right to push GitHub answers 404 to a write of a file."""
    row = find.writable(call, Role.READ)
    if role_of(call.db, call.actor, row) < Role.WRITE:
        raise not_found()
    return row


def _write(call: Call, repository: Row, body: FileBody, content: bytes | None, check: Callable[[Update], None]) -> str:
    committer = _identity(call, body.committer or body.author)
    author = _identity(call, body.author or body.committer)
    return call.world.repositories.commit(
        repository["git_name"],
        _branch(repository, body),
        call.parameters["path"],
        content,
        message=body.message,
        author=author,
        committer=committer,
        expected_blob=body.sha,
        check=check,
    )


def _refused_as_github_does(write: Callable[[], str]) -> str:
    try:
        return write()
    except RefNotFoundError as error:
        raise RefusalError(404, f"Branch not found: {error}") from None
    except ObjectNotFoundError:
        raise not_found() from None
    except BlobConflictError as error:
        if error.expected is None:
            raise RefusalError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.') from None
        raise conflict(f"{error.path} does not match {error.expected}") from None
    except RefConflictError as error:
        raise conflict(f"is at {error.actual} but expected {error.expected}") from None
    except PathConflictError as error:
        raise RefusalError(422, str(error)) from None


def _branch(repository: Row, body: FileBody) -> str:
    return (body.branch or load(repository["settings"])["default_branch"]).removeprefix("refs/heads/")


def _decoded(content: str | None) -> bytes:
    if content is None:
        raise RefusalError(422, 'Invalid request.\n\n"content" wasn\'t supplied.')
    try:
        return b64decode("".join(content.split()), validate=True)
    except ValueError:
        raise invalid("Content", "content", "invalid", "content is not valid Base64") from None


def _identity(call: Call, signature: Signature | None) -> Identity:
    if signature is None:
        return identity_of(call.db, call.actor)
    try:
        when = datetime.fromisoformat(signature.date) if signature.date else datetime.now(UTC)
    except ValueError:
        raise invalid("Content", "date", "invalid", "is no ISO 8601 date") from None
    return Identity(signature.name, signature.email, when if when.tzinfo else when.replace(tzinfo=UTC))


def _file(call: Call, repository: Row, ref: str, path: str, blob: Blob) -> views.Json:
    shown = len(blob.content) <= LARGEST
    entry = Entry(path.rpartition("/")[2], path, "100644", "blob", blob.sha, len(blob.content))
    return _entry(call, repository, ref, entry) | {
        "encoding": "base64" if shown else "none",
        "content": b64encode(blob.content).decode() if shown else "",
    }


KINDS = {"040000": "dir", "120000": "symlink", "160000": "submodule"}


def _entry(call: Call, repository: Row, ref: str, entry: Entry) -> views.Json:
    full_name, path = repository["full_name"], quote(entry.path)
    kind = KINDS.get(entry.mode, "file")
    address = f"{call.world.api}/repos/{full_name}/contents/{path}?ref={quote(ref)}"
    html = f"{call.world.base}/{full_name}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{path}"
    git = f"{call.world.api}/repos/{full_name}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}"
    return {
        "name": entry.name,
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size,
        "url": address,
        "html_url": html,
        "git_url": git,
        "download_url": None,
        "type": kind,
        "_links": {"self": address, "git": git, "html": html},
    }
