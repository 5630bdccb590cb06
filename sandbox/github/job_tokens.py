"""Short-lived tokens of Apps: those that an installation asks for, and the GITHUB_TOKEN of a workflow's job."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.github.accounts import digest
from sandbox.github.apps import ACTIONS, App, Permissions
from sandbox.github.store import Database, dump, now

PREFIX = "ghs_"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Minted:
    """A new token; its clear text is kept nowhere."""

    token: str
    expires_at: str


def new() -> str:
    """A token that is not good for anything yet."""
    return PREFIX + secrets.token_hex(18)


def mint_job(
    db: Database,
    repository_id: int,
    permissions: Permissions,
    *,
    lifetime: timedelta = HOUR,
    token: str | None = None,
) -> Minted:
    """The token of a job: it acts as ``github-actions[bot]``, in one repository, with these permissions at most.

    Args:
        db: The transaction.
        repository_id: The only repository that it reaches.
        permissions: Level by permission in the API's spelling, e.g. ``{"contents": "read", "checks": "write"}``.
        lifetime: How long it is good for, unless ``revoke`` ends it before.
        token: Its clear text; a new one unless it is given.
    """
    db.run(
        "INSERT OR IGNORE INTO accounts (id, login, type, name, email, created_at) VALUES (?, ?, 'Bot', ?, ?, ?)",
        ACTIONS.account_id,
        ACTIONS.login,
        ACTIONS.slug,
        f"{ACTIONS.account_id}+{ACTIONS.slug}@users.noreply.openim.example",
        now(),
    )
    return mint(db, ACTIONS, permissions, [repository_id], kind="job", lifetime=lifetime, token=token)


def mint(
    db: Database,
    app: App,
    permissions: Permissions,
    repository_ids: Iterable[int] | None,
    *,
    kind: str = "app",
    lifetime: timedelta = HOUR,
    token: str | None = None,
) -> Minted:
    """A token of ``app``; those that have expired go."""
    db.run("DELETE FROM tokens WHERE expires_at <= ?", now())
    minted = Minted(token or new(), _moment(datetime.now(UTC) + lifetime))
    db.insert(
        "tokens",
        hash=digest(minted.token),
        name="",
        account_id=app.account_id,
        kind=kind,
        app_id=app.id,
        permissions=dump(dict(permissions)),
        repositories=dump(sorted(repository_ids)) if repository_ids is not None else None,
        expires_at=minted.expires_at,
    )
    return minted


def revoke(db: Database, hashed: str) -> None:
    """Make the token with this digest worthless at once."""
    db.run("DELETE FROM tokens WHERE hash = ?", hashed)


def _moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
