"""Issues: open, list, read, change, close. A pull request is an issue too, where GitHub treats it as one.

Left out: milestones, types, sub-issues, locks, transfers.
"""

from typing import Literal

from pydantic import Field

from sandbox.github import assignees, find, issue_labels, issue_views, pull_rows, pulls, thread_events, threads
from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.errors import RefusalError, forbidden
from sandbox.github.pagination import page
from sandbox.github.store import Row, load

routes = Routes()

LONGEST = 65_536
"""Characters of a text."""
SORTS = {"created": "created_at", "updated": "updated_at", "comments": "comments"}
UNSUPPORTED = frozenset({"milestone", "type", "issue_field_values"})

Name = str | dict[str, object]
"""A label: its name, or an object with one."""


class NewIssue(Body):
    """POST an issue."""

    refused = UNSUPPORTED

    title: str = Field(min_length=1, max_length=256)
    body: str | None = Field(default=None, max_length=LONGEST)
    labels: list[Name] = Field(default_factory=list)
    assignee: str | None = None
    assignees: list[str] = Field(default_factory=list)


class IssueChange(Body):
    """PATCH an issue."""

    refused = UNSUPPORTED

    title: str | None = Field(default=None, min_length=1, max_length=256)
    body: str | None = Field(default=None, max_length=LONGEST)
    state: Literal["open", "closed"] | None = None
    state_reason: Literal["completed", "not_planned", "duplicate", "reopened"] | None = None
    labels: list[Name] | None = None
    assignee: str | None = None
    assignees: list[str] | None = None


@routes.add("GET", "/repos/{owner}/{repo}/issues")
def list_issues(call: Call) -> Answer:
    """Issues and pull requests, open ones and newest first unless asked otherwise."""
    call.refuse_queries("milestone", "mentioned", "type")
    repository = find.repository(call)
    rows = [row for row in _ordered(call, repository) if _is_wanted(call, row)]
    return page(call, [issue_views.full_issue(call.world, call.db, repository, row) for row in rows])


def _ordered(call: Call, repository: Row) -> list[Row]:
    column = SORTS.get(call.query.get("sort", "created"), "created_at")
    direction = "ASC" if call.query.get("direction") == "asc" else "DESC"
    comments = "(SELECT count(*) FROM thread_comments WHERE thread_id = threads.id) AS comments"
    sql = f"SELECT *, {comments} FROM threads WHERE repository_id = ? ORDER BY {column} {direction}, number {direction}"  # noqa: S608 - names from SORTS
    return call.db.all(sql, repository["id"])


def _is_wanted(call: Call, row: Row) -> bool:
    query, wanted = call.query, call.query.get("state", "open")
    labels = {name.lower() for name in query.get("labels", "").split(",") if name}
    return (
        wanted in {"all", row["state"]}
        and labels <= {label["name"].lower() for label in threads.label_rows(call.db, row)}
        and _is_by(call, row["author_id"], query.get("creator"))
        and _is_assigned(call, row, query.get("assignee"))
        and row["updated_at"] >= query.get("since", "")
    )


def _is_by(call: Call, account_id: int, login: str | None) -> bool:
    return login is None or find.account(call.db, login)["id"] == account_id


def _is_assigned(call: Call, row: Row, login: str | None) -> bool:
    if login in {None, "*", "none"}:
        someone = bool(threads.assignees(call.world, call.db, row))
        return login is None or someone == (login == "*")
    return str(login).lower() in {person["login"].lower() for person in threads.assignees(call.world, call.db, row)}


@routes.add("POST", "/repos/{owner}/{repo}/issues")
def create_issue(call: Call) -> Answer:
    """Anybody who reads may; labels and assignees of those without triage rights are dropped, as GitHub does."""
    repository = find.writable(call, Role.READ)
    if not load(repository["settings"])["has_issues"]:
        raise RefusalError(410, "Issues has been disabled in this repository.")
    body = call.body(NewIssue, "Issue")
    thread = threads.add(call.db, repository, "issue", call.actor.id, title=body.title, body=body.body)
    triages = role_of(call.db, call.actor, repository) >= Role.TRIAGE
    if triages:
        threads.assign(call.db, repository, thread, [*body.assignees, *([body.assignee] if body.assignee else [])])
        issue_labels.put(call, repository, thread, issue_labels.names(body.labels))
    thread_events.tell(call, repository, thread, "opened")
    issue_labels.announce(call, repository, thread, "labeled", threads.label_rows(call.db, thread))
    assignees.announce(call, repository, thread, "assigned", threads.assignees(call.world, call.db, thread))
    return Answer(issue_views.full_issue(call.world, call.db, repository, thread), 201)


@routes.add("GET", "/repos/{owner}/{repo}/issues/{number:int}")
def get_issue(call: Call) -> Answer:
    """One issue or pull request."""
    repository = find.repository(call)
    thread = threads.by_number(call.db, repository, call.parameters["number"])
    return Answer(issue_views.full_issue(call.world, call.db, repository, thread))


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/{number:int}")
def update_issue(call: Call) -> Answer:
    """For its author and for those who triage; only they set labels and assignees."""
    repository = find.writable(call, Role.READ)
    thread = threads.by_number(call.db, repository, call.parameters["number"])
    body = call.body(IssueChange, "Issue")
    triages = role_of(call.db, call.actor, repository) >= Role.TRIAGE
    if not (triages or thread["author_id"] == call.actor.id):
        raise forbidden("Must have admin rights to Repository.")
    _edit(call, repository, thread, body)
    if triages and body.labels is not None:
        issue_labels.set_to(call, repository, thread, issue_labels.names(body.labels))
    if triages and body.given().keys() & {"assignee", "assignees"}:
        wanted = body.assignees if body.assignees is not None else [body.assignee] if body.assignee else []
        assignees.set_to(call, repository, thread, wanted)
    _set_state(call, repository, thread, body)
    return Answer(issue_views.full_issue(call.world, call.db, repository, threads.by_id(call.db, thread["id"])))


def _edit(call: Call, repository: Row, thread: Row, body: IssueChange) -> None:
    given = {name: value for name, value in body.given().items() if name == "body" or (name == "title" and value)}
    changed = {name: value for name, value in given.items() if value != thread[name]}
    if changed:
        edited = threads.change(call.db, thread, **changed)
        before = {name: {"from": thread[name] or ""} for name in changed}
        thread_events.tell(call, repository, edited, "edited", changes=before)


def _set_state(call: Call, repository: Row, thread: Row, body: IssueChange) -> None:
    if thread["kind"] == "pull":
        pulls.set_state(call, repository, pull_rows.by_id(call.db, thread["id"]), body.state)
    elif body.state == "closed" and (
        thread["state"] == "open" or body.state_reason not in {None, thread["state_reason"]}
    ):
        closed = threads.close(call.db, thread, call.actor.id, body.state_reason or "completed")
        thread_events.tell(call, repository, closed, "closed")
    elif body.state == "open" and thread["state"] == "closed":
        reopened = threads.reopen(call.db, thread, "reopened")
        thread_events.tell(call, repository, reopened, "reopened")
