"""What pull requests have only in GraphQL: a draft's end and beginning, conversations that are resolved."""

from collections.abc import Callable
from typing import Any

from sandbox.github import pull_rows, review_views, views
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Call
from sandbox.github.errors import RefusalError, forbidden
from sandbox.github.nodes import Node, unresolved, window
from sandbox.github.pull_events import tell, tell_about
from sandbox.github.review_requests import ask_owners
from sandbox.github.store import Row

Input = dict[str, Any]


def mutations(call: Call) -> dict[str, Callable[..., Any]]:
    """The fields of ``Mutation``."""

    def ready(_: object, input: Input) -> Node:  # noqa: A002 - the field's argument
        pull = _set_draft(call, input["pullRequestId"], draft=False)
        ask_owners(call.world, call.db, pull, call.actor)
        return {"clientMutationId": input.get("clientMutationId"), "pullRequest": pull_node(call, pull)}

    def draft(_: object, input: Input) -> Node:  # noqa: A002
        pull = _set_draft(call, input["pullRequestId"], draft=True)
        return {"clientMutationId": input.get("clientMutationId"), "pullRequest": pull_node(call, pull)}

    def resolve(_: object, input: Input) -> Node:  # noqa: A002
        return _set_resolved(call, input, resolved=True)

    def unresolve(_: object, input: Input) -> Node:  # noqa: A002
        return _set_resolved(call, input, resolved=False)

    return {
        "markPullRequestReadyForReview": ready,
        "convertPullRequestToDraft": draft,
        "resolveReviewThread": resolve,
        "unresolveReviewThread": unresolve,
    }


def pull_node(call: Call, pull: Row) -> Node:
    """A pull request with its conversations about lines."""

    def review_threads(_: object, first: int | None = None, after: str | None = None) -> Node:
        shown, page_info = window([thread_node(row) for row in _threads(call, pull)], first, after)
        return {"nodes": shown, "pageInfo": page_info, "totalCount": len(_threads(call, pull))}

    return {
        "__typename": "PullRequest",
        "id": views.node_id("PR", pull["id"]),
        "number": pull["number"],
        "title": pull["title"],
        "isDraft": bool(pull["draft"]),
        "state": "MERGED" if pull["merged_at"] else pull["state"].upper(),
        "reviewThreads": review_threads,
    }


def thread_node(row: Row) -> Node:
    """A conversation: it has the number of its first comment."""
    return {
        "__typename": "PullRequestReviewThread",
        "id": views.node_id("PRRT", row["id"]),
        "isResolved": bool(row["resolved"]),
        "path": row["path"],
        "line": row["line"],
    }


def _threads(call: Call, pull: Row) -> list[Row]:
    return call.db.all(
        "SELECT review_comments.* FROM review_comments JOIN reviews ON reviews.id = review_id "
        "WHERE thread_id = ? AND reply_to IS NULL AND state <> 'PENDING' ORDER BY review_comments.id",
        pull["id"],
    )


def _pull(call: Call, identifier: str, *, changing: bool) -> Row:
    """The pull request with this global id, for its author and for those who write to the repository."""
    kind, number = views.node_parts(identifier)
    pull = pull_rows.by_id(call.db, number) if kind == "PR" else {}
    role = role_of(call.db, call.actor, pull_rows.base_repository(call.db, pull)) if pull else Role.NONE
    if role < Role.READ:
        raise unresolved(f"a node with the global id of '{identifier}'")
    if changing:
        call.actor.must_write()
        if not call.actor.may("pull_requests", "write"):
            raise call.actor.refusal
        if role < Role.WRITE and pull["author_id"] != call.actor.id:
            raise forbidden(f"{call.actor.login} does not have the correct permissions to change this pull request.")
    return pull


def _set_draft(call: Call, identifier: str, *, draft: bool) -> Row:
    pull = _pull(call, identifier, changing=True)
    if pull["state"] == "closed":
        raise RefusalError(422, "Pull request is closed")
    if bool(pull["draft"]) == draft:
        return pull
    changed = pull_rows.change(call.db, pull, draft=draft)
    tell(call.world, call.db, changed, "converted_to_draft" if draft else "ready_for_review", call.actor)
    return changed


def _set_resolved(call: Call, given: Input, *, resolved: bool) -> Node:
    kind, number = views.node_parts(given["threadId"])
    row = call.db.one("SELECT * FROM review_comments WHERE id = ? AND reply_to IS NULL", number)
    review = call.db.one("SELECT * FROM reviews WHERE id = ?", row["review_id"]) if row and kind == "PRRT" else None
    if row is None or review is None:
        raise unresolved(f"a node with the global id of '{given['threadId']}'")
    pull = _pull(call, views.node_id("PR", review["thread_id"]), changing=True)
    call.db.update("review_comments", row["id"], resolved=resolved)
    if bool(row["resolved"]) != resolved:
        _tell(call, pull, row, "resolved" if resolved else "unresolved")
    return {"clientMutationId": given.get("clientMutationId"), "thread": thread_node(row | {"resolved": resolved})}


def _tell(call: Call, pull: Row, row: Row, action: str) -> None:
    said = call.db.all("SELECT * FROM review_comments WHERE ? IN (id, reply_to) ORDER BY id", row["id"])
    comments = [review_views.comment(call.world, call.db, pull, one) for one in said]
    thread = {"node_id": views.node_id("PRRT", row["id"]), "comments": comments}
    event = "pull_request_review_thread"
    tell_about(call.world, call.db, pull, call.actor, event=event, action=action, thread=thread)
