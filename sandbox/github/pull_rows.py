"""Pull requests as rows: a thread with what its pull request has besides, found by number, by head or by base."""

from sandbox.github import find, threads
from sandbox.github.accounts import Role
from sandbox.github.calls import Call
from sandbox.github.errors import not_found
from sandbox.github.store import Database, Row

BOTH = "SELECT threads.*, pulls.* FROM threads JOIN pulls ON thread_id = threads.id"


def of(call: Call, least: Role = Role.READ) -> tuple[Row, Row]:
    """The repository and the pull request that a path names; a write meets an archive's refusal.

    Raises:
        RefusalError: 403 or 404.
    """
    look_up = find.repository if call.method in find.READS else find.writable
    repository = look_up(call, least)
    return repository, by_number(call.db, repository, call.parameters["number"])


def by_number(db: Database, repository: Row, number: int | str) -> Row:
    """The pull request with this number.

    Raises:
        RefusalError: 404.
    """
    row = db.one(f"{BOTH} WHERE repository_id = ? AND number = ?", repository["id"], number)
    if row is None:
        raise not_found()
    return row


def by_id(db: Database, thread_id: int) -> Row:
    """The pull request with this id, which has to exist."""
    return db.one(f"{BOTH} WHERE threads.id = ?", thread_id) or {}


def of_repository(db: Database, repository: Row) -> list[Row]:
    """All of a repository's, newest first."""
    return db.all(f"{BOTH} WHERE repository_id = ? ORDER BY number DESC", repository["id"])


def open_from(db: Database, repository: Row, branch: str) -> list[Row]:
    """The open ones that bring a branch, into whatever repository."""
    sql = f"{BOTH} WHERE state = 'open' AND head_repository_id = ? AND head_ref = ? ORDER BY threads.id"
    return db.all(sql, repository["id"], branch)


def open_into(db: Database, repository: Row, branch: str) -> list[Row]:
    """The open ones that a branch is to receive."""
    sql = f"{BOTH} WHERE state = 'open' AND repository_id = ? AND base_ref = ? ORDER BY threads.id"
    return db.all(sql, repository["id"], branch)


def head_repository(db: Database, pull: Row) -> Row | None:
    """Where the changes come from; None once that is deleted."""
    return db.one("SELECT * FROM repositories WHERE id = ?", pull["head_repository_id"])


def base_repository(db: Database, pull: Row) -> Row:
    """Where the changes go."""
    return db.one("SELECT * FROM repositories WHERE id = ?", pull["repository_id"]) or {}


def change(db: Database, pull: Row, **columns: object) -> Row:
    """Change columns of its own; the pull request as it is then."""
    assignments = ", ".join(f"{name} = ?" for name in columns)
    db.run(f"UPDATE pulls SET {assignments} WHERE thread_id = ?", *columns.values(), pull["id"])  # noqa: S608
    return touched(db, pull)


def touched(db: Database, pull: Row) -> Row:
    """It changed just now."""
    threads.change(db, pull)
    return by_id(db, pull["id"])
