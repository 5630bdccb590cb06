"""What issues and pull requests share: one numbering in each repository, title, text, state, labels, assignees.

How either looks in an answer is the affair of its own room.
"""

from typing import Literal

from sandbox.github import views
from sandbox.github.accounts import Role, account_role
from sandbox.github.errors import RefusalError, detail, not_found
from sandbox.github.store import Database, Row, now
from sandbox.github.world import World

Kind = Literal["issue", "pull"]


def add(db: Database, repository: Row, kind: Kind, author_id: int, *, title: str, body: str | None) -> Row:
    """Open a thread under the repository's next number."""
    last = db.count("SELECT coalesce(max(number), 0) FROM threads WHERE repository_id = ?", repository["id"])
    moment = now()
    thread_id = db.insert(
        "threads",
        repository_id=repository["id"],
        number=last + 1,
        kind=kind,
        title=title,
        body=body,
        author_id=author_id,
        created_at=moment,
        updated_at=moment,
    )
    return by_id(db, thread_id)


def by_id(db: Database, thread_id: int) -> Row:
    """The thread with this id, which has to exist."""
    return db.one("SELECT * FROM threads WHERE id = ?", thread_id) or {}


def by_number(db: Database, repository: Row, number: int | str, kind: Kind | None = None) -> Row:
    """The thread with this number; of either kind unless one is asked for.

    Raises:
        RefusalError: 404.
    """
    row = db.one("SELECT * FROM threads WHERE repository_id = ? AND number = ?", repository["id"], number)
    if row is None or (kind and row["kind"] != kind):
        raise not_found()
    return row


def change(db: Database, thread: Row, **columns: object) -> Row:
    """Change columns; the thread as it is then."""
    db.update("threads", thread["id"], updated_at=now(), **columns)
    return by_id(db, thread["id"])


def close(db: Database, thread: Row, closer_id: int, reason: str | None = None) -> Row:
    """Close it; ``reason`` is an issue's ``completed`` or ``not_planned``."""
    return change(db, thread, state="closed", state_reason=reason, closed_at=now(), closed_by=closer_id)


def reopen(db: Database, thread: Row, reason: str | None = None) -> Row:
    """Open it again; ``reason`` is an issue's ``reopened``."""
    return change(db, thread, state="open", state_reason=reason, closed_at=None, closed_by=None)


def label_rows(db: Database, thread: Row) -> list[Row]:
    """Its labels by name."""
    sql = "SELECT labels.* FROM labels JOIN thread_labels ON label_id = labels.id WHERE thread_id = ? ORDER BY name"
    return db.all(sql, thread["id"])


def assignees(world: World, db: Database, thread: Row) -> list[views.Json]:
    """Those who are assigned, as GitHub's "simple user"."""
    sql = "SELECT accounts.* FROM accounts JOIN thread_assignees ON account_id = accounts.id WHERE thread_id = ?"
    return [views.user(world, row) for row in db.all(f"{sql} ORDER BY login", thread["id"])]


def assign(db: Database, repository: Row, thread: Row, logins: list[str]) -> None:
    """Assign these accounts besides those who are.

    Raises:
        RefusalError: 422, somebody cannot be assigned.
    """
    for login in logins:
        account_id = assignable(db, repository, login)
        if account_id is None:
            raise RefusalError(422, "Validation Failed", [detail("Issue", "assignees", "invalid") | {"value": login}])
        db.run("INSERT OR IGNORE INTO thread_assignees VALUES (?, ?)", thread["id"], account_id)


def assignable(db: Database, repository: Row, login: str) -> int | None:
    """The account, if it may be assigned: a person whom the repository grants something."""
    row = db.one("SELECT * FROM accounts WHERE login = ? AND type = 'User'", login)
    return row["id"] if row and account_role(db, row["id"], repository) >= Role.READ else None


def comment_count(db: Database, thread: Row) -> int:
    """Comments of its conversation."""
    return db.count("SELECT count(*) FROM thread_comments WHERE thread_id = ?", thread["id"])


def association(db: Database, repository: Row, account_id: int) -> str:
    """GitHub's "author association", as far as it follows from memberships."""
    if db.one("SELECT 1 AS yes FROM members WHERE account_id = ? AND state = 'active'", account_id):
        return "MEMBER"
    sql = "SELECT 1 AS yes FROM collaborators WHERE repository_id = ? AND account_id = ?"
    return "COLLABORATOR" if db.one(sql, repository["id"], account_id) else "NONE"


def account(world: World, db: Database, account_id: int | None) -> views.Json | None:
    """An account as GitHub's "simple user", None for nobody."""
    row = db.one("SELECT * FROM accounts WHERE id = ?", account_id) if account_id else None
    return views.user(world, row) if row else None
