"""Comments of issues and of pull requests' conversations."""

from pydantic import Field

from sandbox.github import find, issue_views, threads
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import NO_CONTENT, Answer, Body, Call, Routes
from sandbox.github.errors import forbidden, not_found
from sandbox.github.pagination import page
from sandbox.github.store import Row, now
from sandbox.github.telling import tell

routes = Routes()

LONGEST = 65_536
"""Characters of a comment."""
VISIBLE = r"\S"


class Comment(Body):
    """POST and PATCH a comment."""

    body: str = Field(max_length=LONGEST, pattern=VISIBLE)


@routes.add("GET", "/repos/{owner}/{repo}/issues/{number:int}/comments")
def list_comments(call: Call) -> Answer:
    """Oldest first; ``since`` leaves out what was not touched since then."""
    repository = find.repository(call)
    thread = threads.by_number(call.db, repository, call.parameters["number"])
    sql = "SELECT * FROM thread_comments WHERE thread_id = ? AND updated_at >= ? ORDER BY id"
    rows = call.db.all(sql, thread["id"], call.query.get("since", ""))
    return page(call, [issue_views.comment(call.world, call.db, repository, thread, row) for row in rows])


@routes.add("GET", "/repos/{owner}/{repo}/issues/comments")
def list_all_comments(call: Call) -> Answer:
    """Those of all issues and pull requests, oldest first unless asked otherwise."""
    repository = find.repository(call)
    column = "updated_at" if call.query.get("sort") == "updated" else "created_at"
    rows = call.db.all(
        "SELECT thread_comments.* FROM thread_comments JOIN threads ON threads.id = thread_id "
        "WHERE repository_id = ? AND thread_comments.updated_at >= ?",
        repository["id"],
        call.query.get("since", ""),
    )
    rows.sort(key=lambda row: (row[column], row["id"]), reverse=call.query.get("direction") == "desc")
    shown = [(threads.by_id(call.db, row["thread_id"]), row) for row in rows]
    return page(call, [issue_views.comment(call.world, call.db, repository, thread, row) for thread, row in shown])


@routes.add("POST", "/repos/{owner}/{repo}/issues/{number:int}/comments")
def create_comment(call: Call) -> Answer:
    """Anybody who reads may."""
    repository = find.writable(call, Role.READ)
    thread = threads.by_number(call.db, repository, call.parameters["number"])
    body, moment = call.body(Comment, "IssueComment").body, now()
    comment_id = call.db.insert(
        "thread_comments",
        thread_id=thread["id"],
        author_id=call.actor.id,
        body=body,
        created_at=moment,
        updated_at=moment,
    )
    thread = threads.change(call.db, thread)
    row = _by_id(call, comment_id)
    _tell(call, repository, thread, row, "created")
    return Answer(issue_views.comment(call.world, call.db, repository, thread, row), 201)


@routes.add("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id:int}")
def get_comment(call: Call) -> Answer:
    """One comment."""
    repository = find.repository(call)
    thread, row = _found(call, repository)
    return Answer(issue_views.comment(call.world, call.db, repository, thread, row))


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id:int}")
def update_comment(call: Call) -> Answer:
    """For its author and for those who maintain the repository."""
    repository = find.writable(call, Role.READ)
    thread, row = _own(call, repository)
    body = call.body(Comment, "IssueComment").body
    if body != row["body"]:
        call.db.update("thread_comments", row["id"], body=body, updated_at=now())
        edited = _by_id(call, row["id"])
        _tell(call, repository, thread, edited, "edited", changes={"body": {"from": row["body"]}})
    return Answer(issue_views.comment(call.world, call.db, repository, thread, _by_id(call, row["id"])))


@routes.add("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id:int}")
def delete_comment(call: Call) -> Answer:
    """For its author and for those who maintain the repository."""
    repository = find.writable(call, Role.READ)
    thread, row = _own(call, repository)
    call.db.run("DELETE FROM thread_comments WHERE id = ?", row["id"])
    _tell(call, repository, thread, row, "deleted")
    return NO_CONTENT


def _by_id(call: Call, comment_id: int) -> Row:
    return call.db.one("SELECT * FROM thread_comments WHERE id = ?", comment_id) or {}


def _found(call: Call, repository: Row) -> tuple[Row, Row]:
    row = _by_id(call, int(call.parameters["comment_id"]))
    thread = threads.by_id(call.db, row["thread_id"]) if row else {}
    if not row or thread["repository_id"] != repository["id"]:
        raise not_found()
    return thread, row


def _own(call: Call, repository: Row) -> tuple[Row, Row]:
    thread, row = _found(call, repository)
    if row["author_id"] != call.actor.id and role_of(call.db, call.actor, repository) < Role.WRITE:
        raise forbidden("Must have admin rights to Repository.")
    return thread, row


def _tell(call: Call, repository: Row, thread: Row, row: Row, action: str, **more: object) -> None:
    issue = issue_views.issue(call.world, call.db, repository, thread)
    comment = issue_views.comment(call.world, call.db, repository, thread, row)
    tell(call, repository, "issue_comment", action, issue=issue, comment=comment, **more)
