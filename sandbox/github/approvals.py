"""What people have said on a pull request, as far as rules ask for it."""

from dataclasses import dataclass

from sandbox.github import owners, pull_rows, pull_state
from sandbox.github.accounts import Role, account_role
from sandbox.github.store import Database, Row
from sandbox.github.world import World


@dataclass(frozen=True)
class Proposal:
    """A pull request that is to be merged, or might be."""

    head_sha: str
    method: str
    """merge, squash or rebase; empty while nobody has chosen."""
    behind: bool
    """The base has commits that it lacks."""
    approvals: frozenset[int]
    """Accounts with write access whose last word is an approval."""
    objections: frozenset[int]
    """The same for requested changes."""
    waiting_owners: tuple[str, ...]
    """Code owners of files that none of their owners has approved."""
    last_push_approved: bool
    """Somebody but the last pusher has approved the newest commit."""
    unresolved: int
    """Conversations about lines that nobody has resolved."""


def proposal(world: World, db: Database, pull: Row, method: str = "") -> Proposal:
    """The facts as they are now."""
    last_words = [row for row in _last_words(db, pull) if _counts(db, pull, row)]
    approving = [row for row in last_words if row["state"] == "APPROVED"]
    approvals = frozenset(row["account_id"] for row in approving)
    return Proposal(
        head_sha=pull["head_sha"],
        method=method,
        behind=pull_state.behind(world, db, pull),
        approvals=approvals,
        objections=frozenset(row["account_id"] for row in last_words if row["state"] == "CHANGES_REQUESTED"),
        waiting_owners=_waiting(world, db, pull, approvals),
        last_push_approved=any(
            row["commit_id"] == pull["head_sha"] and row["account_id"] != pull["pusher_id"] for row in approving
        ),
        unresolved=_unresolved(db, pull),
    )


def _last_words(db: Database, pull: Row) -> list[Row]:
    # A comment does not replace what its author said before.
    return db.all(
        "SELECT * FROM reviews WHERE id IN (SELECT max(id) FROM reviews WHERE thread_id = ?"
        " AND state IN ('APPROVED', 'CHANGES_REQUESTED', 'DISMISSED') GROUP BY account_id) ORDER BY id",
        pull["id"],
    )


def _counts(db: Database, pull: Row, review: Row) -> bool:
    return account_role(db, review["account_id"], pull_rows.base_repository(db, pull)) >= Role.WRITE


def _waiting(world: World, db: Database, pull: Row, approvals: frozenset[int]) -> tuple[str, ...]:
    missing = [
        owner.name
        for able in owners.of_files(world, db, pull).values()
        if not any(owner.people & approvals for owner in able)
        for owner in able
    ]
    return tuple(dict.fromkeys(missing))


def _unresolved(db: Database, pull: Row) -> int:
    return db.count(
        "SELECT count(*) FROM review_comments JOIN reviews ON reviews.id = review_id "
        "WHERE thread_id = ? AND reply_to IS NULL AND NOT resolved AND state <> 'PENDING'",
        pull["id"],
    )
