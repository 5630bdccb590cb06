"""Events of threads: an ``issues`` or a ``pull_request`` event, as the thread is."""

from sandbox.github import issue_views, pull_events, pull_rows
from sandbox.github.calls import Call
from sandbox.github.store import Row
from sandbox.github.telling import tell as tell_event


def tell(call: Call, repository: Row, thread: Row, action: str, **more: object) -> None:
    """Tell of something that was done to a thread."""
    if thread["kind"] == "pull":
        pull = pull_rows.by_id(call.db, thread["id"])
        pull_events.tell(call.world, call.db, pull, action, call.actor, **more)
    else:
        shown = issue_views.issue(call.world, call.db, repository, thread)
        tell_event(call, repository, "issues", action, issue=shown, **more)
