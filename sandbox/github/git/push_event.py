"""What a push event says about commits; the REST core adds repository, organization, sender and pusher.

Source: GitHub's "Webhook events and payloads", push; "Events that trigger workflows", push.
"""

from collections.abc import Sequence
from typing import TypedDict

from sandbox.github.git.facts import Change, Commit, Identity, Update
from sandbox.github.git.writer import ZEROS

COMMIT_LIMIT = 2048
"""Commits that one event lists at most."""
TAG_LIMIT = 3
"""With more tags than this in one push GitHub announces none of them."""
SHORT = 12
"""Digits of an object id in a compare address."""


class EventIdentity(TypedDict):
    """An author or committer; GitHub adds ``username`` where an account has the address."""

    name: str
    email: str
    date: str


class EventCommit(TypedDict):
    """One pushed commit."""

    id: str
    tree_id: str
    distinct: bool
    message: str
    timestamp: str
    url: str
    author: EventIdentity
    committer: EventIdentity
    added: list[str]
    removed: list[str]
    modified: list[str]


class PushEvent(TypedDict):
    """The part of the payload that git knows."""

    ref: str
    before: str
    after: str
    created: bool
    deleted: bool
    forced: bool
    base_ref: str | None
    compare: str
    commits: list[EventCommit]
    head_commit: EventCommit | None


def push_events(updates: Sequence[Update], url: str) -> list[PushEvent]:
    """The events of one push, in its order.

    Args:
        updates: What the push changed, after it was done.
        url: The repository's address in the browser, without a slash at its end.
    """
    announced = [update for update in updates if update.ref.startswith(("refs/heads/", "refs/tags/"))]
    if sum(update.ref.startswith("refs/tags/") for update in announced) > TAG_LIMIT:
        announced = [update for update in announced if not update.ref.startswith("refs/tags/")]
    # What an earlier event of the same push announced is not new in a later one.
    refs = [update.ref for update in announced]
    return [_event(update, url, refs[place:]) for place, update in enumerate(announced)]


def _event(update: Update, url: str, pending: list[str]) -> PushEvent:
    tip = update.objects.head(update.new) if update.new else None
    fresh = update.objects.fresh(tip, COMMIT_LIMIT, pending) if tip else []
    commits = _pushed(update, fresh)
    head = update.objects.commits(tip, limit=1) if tip else []
    changes = update.objects.changes({commit.sha for commit in (*commits, *head)})
    novel = {commit.sha for commit in fresh}
    shown = {
        commit.sha: _commit(commit, changes.get(commit.sha, []), url, distinct=commit.sha in novel)
        for commit in (*commits, *head)
    }
    return {
        "ref": update.ref,
        "before": update.old or ZEROS,
        "after": update.new or ZEROS,
        "created": update.created,
        "deleted": update.deleted,
        "forced": update.forced,
        "base_ref": _base(update, tip),
        "compare": f"{url}/compare/{_range(update)}",
        "commits": [shown[commit.sha] for commit in reversed(commits)],
        "head_commit": shown[tip] if tip else None,
    }


def _pushed(update: Update, fresh: list[Commit]) -> list[Commit]:
    # A tag announces no commits, a new branch only those that no other branch has.
    if update.new is None or not update.ref.startswith("refs/heads/"):
        return []
    if update.old is not None:
        return update.objects.introduced(update.new, update.old, COMMIT_LIMIT)
    return fresh


def _base(update: Update, tip: str | None) -> str | None:
    if not update.created:
        return None
    branches = update.objects.refs("refs/heads/").items()
    same = (f"refs/heads/{name}" for name, sha in branches if sha == tip)
    return next((ref for ref in same if ref != update.ref), None)


def _range(update: Update) -> str:
    if update.old is None:
        return update.ref.split("/", 2)[2]
    return f"{update.old[:SHORT]}...{(update.new or ZEROS)[:SHORT]}"


def _commit(commit: Commit, changes: list[Change], url: str, *, distinct: bool) -> EventCommit:
    def paths(status: str) -> list[str]:
        return [change.path for change in changes if change.status == status]

    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": distinct,
        "message": commit.message,
        "timestamp": commit.committer.when.isoformat(),
        "url": f"{url}/commit/{commit.sha}",
        "author": _identity(commit.author),
        "committer": _identity(commit.committer),
        "added": paths("added"),
        "removed": paths("removed"),
        "modified": paths("modified"),
    }


def _identity(who: Identity) -> EventIdentity:
    return {"name": who.name, "email": who.email, "date": who.when.isoformat()}
