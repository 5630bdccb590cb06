"""Comments on files and lines of a pull request, each part of a review, and replies to them.

Left out: comments on several lines, positions of the older API, changing and deleting comments.
"""

from typing import Literal

from pydantic import Field

from sandbox.github import find, pull_rows, review_views
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.diff_views import position
from sandbox.github.errors import invalid, not_found
from sandbox.github.pagination import page
from sandbox.github.pull_events import tell_about
from sandbox.github.pulls import LONGEST, PULL
from sandbox.github.store import Database, Row, now

routes = Routes()

ALL = "SELECT review_comments.* FROM review_comments JOIN reviews ON reviews.id = review_id"
BY_AGE = "ORDER BY review_comments.id"


class NewComment(Body):
    """A comment of a review that is made with it."""

    refused = frozenset({"position", "start_line", "start_side"})

    path: str = Field(min_length=1)
    body: str = Field(min_length=1, max_length=LONGEST)
    line: int | None = Field(default=None, ge=1)
    side: Literal["LEFT", "RIGHT"] = "RIGHT"


class SingleComment(NewComment):
    """POST a comment: a review of its own."""

    refused = NewComment.refused | {"in_reply_to"}

    commit_id: str
    subject_type: Literal["line", "file"] = "line"


class Reply(Body):
    """POST a reply."""

    body: str = Field(min_length=1, max_length=LONGEST)


@routes.add("GET", f"{PULL}/comments")
def list_comments(call: Call) -> Answer:
    """Oldest first."""
    call.refuse_queries("sort", "direction", "since")
    _, pull = pull_rows.of(call)
    rows = call.db.all(f"{ALL} WHERE thread_id = ? AND state <> 'PENDING' {BY_AGE}", pull["id"])
    return page(call, [review_views.comment(call.world, call.db, pull, row) for row in rows])


@routes.add("GET", f"{PULL}/reviews/{{review_id:int}}/comments")
def list_comments_of_review(call: Call) -> Answer:
    """Oldest first."""
    _, pull = pull_rows.of(call)
    rows = call.db.all(
        f"{ALL} WHERE review_id = ? AND thread_id = ? AND (state <> 'PENDING' OR account_id = ?) {BY_AGE}",
        call.parameters["review_id"],
        pull["id"],
        call.actor.id,
    )
    return page(call, [review_views.comment(call.world, call.db, pull, row) for row in rows])


@routes.add("GET", "/repos/{owner}/{repo}/pulls/comments/{comment_id:int}")
def get_comment(call: Call) -> Answer:
    """One comment."""
    repository = find.repository(call)
    row = call.db.one(f"{ALL} WHERE review_comments.id = ? AND state <> 'PENDING'", call.parameters["comment_id"])
    written = call.db.one("SELECT * FROM reviews WHERE id = ?", row["review_id"]) if row else None
    if row is None or written is None:
        raise not_found()
    pull = pull_rows.by_id(call.db, written["thread_id"])
    if pull["repository_id"] != repository["id"]:
        raise not_found()
    return Answer(review_views.comment(call.world, call.db, pull, row))


@routes.add("POST", f"{PULL}/comments")
def create_comment(call: Call) -> Answer:
    """A review that is nothing but this comment."""
    _, pull = pull_rows.of(call)
    body = call.body(SingleComment, "PullRequestReviewComment")
    if body.subject_type == "line" and body.line is None:
        raise invalid("PullRequestReviewComment", "line", "missing_field")
    row = add(call, pull, _review(call, pull, body.commit_id), body)
    tell(call, pull, row, "created")
    return Answer(review_views.comment(call.world, call.db, pull, row), 201)


@routes.add("POST", f"{PULL}/comments/{{comment_id:int}}/replies")
def reply(call: Call) -> Answer:
    """Into the conversation of a comment."""
    _, pull = pull_rows.of(call)
    sql = f"{ALL} WHERE review_comments.id = ? AND thread_id = ?"
    first = call.db.one(sql, call.parameters["comment_id"], pull["id"])
    if first is None:
        raise not_found()
    body = call.body(Reply, "PullRequestReviewComment")
    place = NewComment(path=first["path"], body=body.body, line=first["line"], side=first["side"])
    review = _review(call, pull, pull["head_sha"])
    row = add(call, pull, review, place, reply_to=first["reply_to"] or first["id"])
    tell(call, pull, row, "created")
    return Answer(review_views.comment(call.world, call.db, pull, row), 201)


def _review(call: Call, pull: Row, commit: str) -> Row:
    review_id = call.db.insert(
        "reviews",
        thread_id=pull["id"],
        account_id=call.actor.id,
        state="COMMENTED",
        body="",
        commit_id=commit,
        submitted_at=now(),
    )
    return call.db.one("SELECT * FROM reviews WHERE id = ?", review_id) or {}


def add(call: Call, pull: Row, review: Row, comment: NewComment, reply_to: int | None = None) -> Row:
    """Put a comment into a review; the file has to be one that the pull request changes."""
    repository = pull_rows.base_repository(call.db, pull)
    patch = review_views.patch_of(call.world, repository, pull, review["commit_id"], comment.path)
    if patch is None:
        raise invalid("PullRequestReviewComment", "path", "invalid", "is not a file that the pull request changes")
    if comment.line is not None and reply_to is None and position(patch, comment.line, comment.side) is None:
        raise invalid("PullRequestReviewComment", "line", "invalid", "line must be part of the diff")
    number = call.db.insert(
        "review_comments",
        review_id=review["id"],
        reply_to=reply_to,
        path=comment.path,
        line=comment.line,
        side=comment.side,
        body=comment.body,
        created_at=now(),
        updated_at=now(),
    )
    return call.db.one("SELECT * FROM review_comments WHERE id = ?", number) or {}


def of_review(db: Database, review: Row) -> list[Row]:
    """A review's comments, oldest first."""
    return db.all("SELECT * FROM review_comments WHERE review_id = ? ORDER BY id", review["id"])


def tell(call: Call, pull: Row, row: Row, action: str) -> None:
    """A ``pull_request_review_comment`` event."""
    shown = review_views.comment(call.world, call.db, pull, row)
    tell_about(call.world, call.db, pull, call.actor, event="pull_request_review_comment", action=action, comment=shown)
