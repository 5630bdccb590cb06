"""Job tokens: the GITHUB_TOKEN of one job, good until the job ends."""

from sandbox.github.accounts import digest
from sandbox.github.store import Database, Row, now
from sandbox.github.workflows.happenings import MACHINE
from sandbox.github.workflows.permissions import Permissions

__all__ = ["PREFIX", "digest", "mint", "revoke"]

PREFIX = "ghs_"
MACHINE_ID = 41898282
"""Its id on github.com."""


def mint(db: Database, repository: Row, token: str, permissions: Permissions) -> None:
    """Make ``token`` good for ``repository``."""
    db.run(
        "INSERT OR IGNORE INTO accounts (id, login, type, name, email, created_at) VALUES (?, ?, 'Bot', ?, ?, ?)",
        MACHINE_ID,
        MACHINE,
        "github-actions",
        f"{MACHINE_ID}+github-actions@users.noreply.openim.example",
        now(),
    )
    db.insert("tokens", hash=digest(token), name="job", account_id=MACHINE_ID, kind="fine-grained", read_only=True)


def revoke(db: Database, hashed: str | None) -> None:
    """Make a token worthless."""
    db.run("DELETE FROM tokens WHERE hash = ?", hashed)
