"""Who is assigned to an issue or a pull request."""

from pydantic import Field

from sandbox.github import find, issue_views, thread_events, threads, views
from sandbox.github.accounts import Role
from sandbox.github.calls import Answer, Body, Call, Routes
from sandbox.github.store import Row

routes = Routes()


class Assignees(Body):
    """POST and DELETE assignees."""

    assignees: list[str] = Field(default_factory=list)


@routes.add("POST", "/repos/{owner}/{repo}/issues/{number:int}/assignees")
def add_assignees(call: Call) -> Answer:
    """Besides those who are; those who cannot be assigned are left out, as GitHub does."""
    repository = find.writable(call, Role.TRIAGE)
    thread = threads.by_number(call.db, repository, call.parameters["number"])
    present = [person["login"] for person in threads.assignees(call.world, call.db, thread)]
    wanted = call.body(Assignees, "Issue").assignees
    able = [name for name in wanted if threads.assignable(call.db, repository, name)]
    set_to(call, repository, thread, [*present, *able])
    return Answer(issue_views.issue(call.world, call.db, repository, threads.by_id(call.db, thread["id"])), 201)


@routes.add("DELETE", "/repos/{owner}/{repo}/issues/{number:int}/assignees")
def remove_assignees(call: Call) -> Answer:
    """Those who are not assigned do not matter."""
    repository = find.writable(call, Role.TRIAGE)
    thread = threads.by_number(call.db, repository, call.parameters["number"])
    gone = {name.lower() for name in call.body(Assignees, "Issue").assignees}
    present = [person["login"] for person in threads.assignees(call.world, call.db, thread)]
    set_to(call, repository, thread, [name for name in present if name.lower() not in gone])
    return Answer(issue_views.issue(call.world, call.db, repository, threads.by_id(call.db, thread["id"])))


def set_to(call: Call, repository: Row, thread: Row, wanted: list[str]) -> None:
    """Make these, and only these, the assignees.

    Raises:
        RefusalError: 422, somebody cannot be assigned.
    """
    before = {person["id"]: person for person in threads.assignees(call.world, call.db, thread)}
    call.db.run("DELETE FROM thread_assignees WHERE thread_id = ?", thread["id"])
    threads.assign(call.db, repository, thread, wanted)
    after = {person["id"]: person for person in threads.assignees(call.world, call.db, thread)}
    if before.keys() != after.keys():
        changed = threads.change(call.db, thread)
        added = [person for number, person in after.items() if number not in before]
        removed = [person for number, person in before.items() if number not in after]
        announce(call, repository, changed, "assigned", added)
        announce(call, repository, changed, "unassigned", removed)


def announce(call: Call, repository: Row, thread: Row, action: str, people: list[views.Json]) -> None:
    """Tell of those who came or went: an event for each."""
    for person in people:
        thread_events.tell(call, repository, thread, action, assignee=person)
