"""What a push means for open pull requests: new commits to look at, a new base, an end."""

from collections.abc import Sequence

from sandbox.github import pull_rows, pull_state, review_views, threads
from sandbox.github.accounts import Actor
from sandbox.github.git import Differences, Update
from sandbox.github.pull_events import tell, tell_about
from sandbox.github.review_requests import ask_owners
from sandbox.github.rules import HEADS, dismisses_stale
from sandbox.github.store import Database, Row, now
from sandbox.github.world import World


def follow(world: World, db: Database, repository: Row, updates: Sequence[Update], actor: Actor) -> None:
    """Bring every open pull request that a push concerns up to date."""
    for update in updates:
        branch = update.ref.removeprefix(HEADS)
        if branch == update.ref:
            continue
        for pull in pull_rows.open_into(db, repository, branch):
            _follow_base(world, db, pull, update, actor)
        for pull in pull_rows.open_from(db, repository, branch):
            _follow_head(world, db, pull, update, actor)


def _follow_base(world: World, db: Database, pull: Row, update: Update, actor: Actor) -> None:
    if update.new is None:
        _close(world, db, pull, actor)
    elif update.objects.is_ancestor(pull["head_sha"], update.new):
        # Its commits came another way, e.g. merged by hand: GitHub counts that as merged.
        _close(world, db, pull, actor, merged_at=now(), merged_by=actor.id, merge_commit_sha=update.new)
    else:
        pull_state.refresh(world, db, pull)


def _follow_head(world: World, db: Database, pull: Row, update: Update, actor: Actor) -> None:
    if update.new is None:
        _close(world, db, pull, actor)
        return
    base = pull_rows.base_repository(db, pull)
    world.repositories.fetch(base["git_name"], update.repository, update.new)
    if not update.created and update.objects.is_ancestor(update.new, pull["base_sha"]):
        _close(world, db, pull, actor)  # nothing is left of it
        return
    moved = pull_rows.change(db, pull, head_sha=update.new, pusher_id=actor.id)
    moved = pull_state.refresh(world, db, moved)
    tell(world, db, moved, "synchronize", actor, before=pull["head_sha"], after=update.new)
    _dismiss_stale(world, db, moved, pull["head_sha"], actor)
    ask_owners(world, db, moved, actor)


def _close(world: World, db: Database, pull: Row, actor: Actor, **columns: object) -> None:
    threads.close(db, pull, actor.id)
    closed = pull_rows.change(db, pull, **columns) if columns else pull_rows.by_id(db, pull["id"])
    tell(world, db, closed, "closed", actor)


def _dismiss_stale(world: World, db: Database, pull: Row, before: str, actor: Actor) -> None:
    """Take approvals back if a rule wants that and the change is another one; a merge of the base changes nothing."""
    base = pull_rows.base_repository(db, pull)
    if not dismisses_stale(db, base, HEADS + pull["base_ref"]):
        return
    found = Differences(world.repositories.git(base["git_name"]))
    old, new = (
        found.fingerprint(pull_state.ancestor(world, db, pull, head), head) for head in (before, pull["head_sha"])
    )
    if old == new:
        return
    for review in db.all("SELECT * FROM reviews WHERE thread_id = ? AND state = 'APPROVED'", pull["id"]):
        db.update("reviews", review["id"], state="DISMISSED")
        shown = review_views.in_event(review_views.review(world, db, pull, review | {"state": "DISMISSED"}))
        tell_about(world, db, pull, actor, event="pull_request_review", action="dismissed", review=shown)
