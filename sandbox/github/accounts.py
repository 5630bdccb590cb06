"""Who calls: tokens, and the rights an account has on the organisation and on a repository."""

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from enum import IntEnum

from sandbox.github.app_keys import app_of
from sandbox.github.apps import Permissions, allows
from sandbox.github.errors import RefusalError, forbidden
from sandbox.github.store import Database, Row, load, now
from sandbox.github.world import ORGANIZATION


class Role(IntEnum):
    """A repository role; each has the rights of those below it."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


ROLE_NAMES = {"pull": Role.READ, "push": Role.WRITE} | {role.name.lower(): role for role in Role}
"""Both spellings that the API uses: ``push`` and ``write``."""

PERMISSIONS = {Role.READ: "pull", Role.WRITE: "push"}


def permission_name(role: Role) -> str:
    """The API's older spelling: pull, triage, push, maintain, admin."""
    return PERMISSIONS.get(role, role.name.lower())


def permissions(role: Role) -> dict[str, bool]:
    """The ``permissions`` object of a repository, for one caller."""
    steps = {"admin": Role.ADMIN, "maintain": Role.MAINTAIN, "push": Role.WRITE, "triage": Role.TRIAGE}
    return {name: role >= least for name, least in steps.items()} | {"pull": role >= Role.READ}


@dataclass(frozen=True)
class Actor:
    """The account behind a request."""

    id: int
    login: str
    kind: str
    """``app`` (the deployer's), ``job``, ``jwt`` (an App as itself), ``classic`` or ``fine-grained``, as the token is;
    ``anonymous`` without one."""
    read_only: bool
    owner: bool
    """An owner of the organisation. The deployer's App has an owner's rights without being one."""
    app_id: int | None = None
    """The App whose token it is."""
    grants: Permissions | None = None
    """All that the token may do, whatever its account may; None for a token without such limits."""
    repositories: frozenset[int] | None = None
    """The repositories that it may do it in; None for all."""
    token: str = ""
    """The token's digest."""

    @property
    def anonymous(self) -> bool:
        """Nobody signed in."""
        return self.kind == "anonymous"

    @property
    def app(self) -> bool:
        """The deployer's App."""
        return self.kind == "app"

    @property
    def administers(self) -> bool:
        """May change the organisation."""
        return (self.owner or self.app) and not self.read_only

    @property
    def refusal(self) -> RefusalError:
        """GitHub's words for a token that does not reach so far."""
        holder = "integration" if self.app_id else "personal access token"
        return forbidden(f"Resource not accessible by {holder}")

    def may(self, permission: str, level: str) -> bool:
        """Whether the token's own limits allow this."""
        return self.grants is None or allows(self.grants, permission, level)

    def must_write(self) -> None:
        """Refuse a token that was made for reading.

        Raises:
            RefusalError: 401 without a token, 403 with a reading one.
        """
        if self.anonymous:
            raise RefusalError(401, "Requires authentication")
        if self.read_only:
            raise self.refusal


ANONYMOUS = Actor(0, "", "anonymous", read_only=True, owner=False)


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def authenticate(db: Database, authorization: str | None) -> Actor:
    """The account of an ``Authorization`` header: bearer, token or basic (the password is the token).

    Raises:
        RefusalError: 401 when there is a header and no such token, or one that has expired.
    """
    if not authorization:
        return ANONYMOUS
    token = _token(authorization)
    if token.count(".") == 2:
        app = app_of(db, token)
        return Actor(app.account_id, app.login, "jwt", read_only=True, owner=False, app_id=app.id, grants={})
    row = db.one(
        "SELECT tokens.*, accounts.login, members.role FROM tokens JOIN accounts ON accounts.id = tokens.account_id "
        "LEFT JOIN members ON members.account_id = accounts.id AND members.state = 'active' "
        "WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)",
        digest(token),
        now(),
    )
    if row is None:
        raise RefusalError(401, "Bad credentials")
    return Actor(
        row["account_id"],
        row["login"],
        row["kind"],
        bool(row["read_only"]),
        owner=row["role"] == "admin",
        app_id=row["app_id"],
        grants=load(row["permissions"]) if row["permissions"] else None,
        repositories=_repositories(db, load(row["repositories"])) if row["repositories"] else None,
        token=row["hash"],
    )


def _repositories(db: Database, listed: list[int | str]) -> frozenset[int]:
    """Those with these ids or names; a token may be made before its repository is."""
    marks = ", ".join("?" * len(listed))
    sql = f"SELECT id FROM repositories WHERE id IN ({marks}) OR name IN ({marks})"  # noqa: S608 - only question marks
    return frozenset(row["id"] for row in db.all(sql, *listed, *listed))


def _token(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() in {"token", "bearer"}:
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(value, validate=True).decode().partition(":")[2]
    except (NotBase64, UnicodeDecodeError):
        return ""


def role_of(db: Database, actor: Actor, repository: Row) -> Role:
    """What ``actor`` is on ``repository``, the best of all ways to it that its token leaves open."""
    public = Role.READ if load(repository["settings"])["visibility"] == "public" else Role.NONE
    if actor.kind == "jwt" or (actor.repositories is not None and repository["id"] not in actor.repositories):
        return public
    if repository["owner"] == ORGANIZATION and (actor.app or actor.owner):
        return Role.ADMIN
    own = Role.WRITE if actor.kind == "job" else account_role(db, actor.id, repository)
    return max(own, public)


def account_role(db: Database, account_id: int, repository: Row) -> Role:
    """The same for an account that is not calling."""
    if repository["owner"] != ORGANIZATION:
        return _on_own(db, account_id, repository)
    member = db.one("SELECT role FROM members WHERE account_id = ? AND state = 'active'", account_id)
    if member and member["role"] == "admin":
        return Role.ADMIN
    return _granted(db, account_id, repository["id"])


def _on_own(db: Database, account_id: int, repository: Row) -> Role:
    """On a user's repository, where the organisation's teams and roles mean nothing."""
    if db.one("SELECT 1 AS yes FROM accounts WHERE id = ? AND login = ?", account_id, repository["owner"]):
        return Role.ADMIN
    return _direct(db, account_id, repository["id"])


def _direct(db: Database, account_id: int, repository_id: int) -> Role:
    row = db.one(
        "SELECT permission FROM collaborators WHERE account_id = ? AND repository_id = ?", account_id, repository_id
    )
    return ROLE_NAMES[row["permission"]] if row else Role.NONE


def _granted(db: Database, account_id: int, repository_id: int) -> Role:
    teams = db.all(
        "WITH RECURSIVE mine(id) AS ("
        " SELECT team_id FROM team_members WHERE account_id = ?"
        " UNION SELECT teams.parent_id FROM teams JOIN mine ON teams.id = mine.id WHERE teams.parent_id IS NOT NULL"
        ") SELECT permission FROM team_repositories JOIN mine ON mine.id = team_id WHERE repository_id = ?",
        account_id,
        repository_id,
    )
    member = db.one("SELECT 1 AS yes FROM members WHERE account_id = ? AND state = 'active'", account_id)
    base = ROLE_NAMES[_base_permission(db)] if member else Role.NONE
    return max([base, _direct(db, account_id, repository_id), *(ROLE_NAMES[row["permission"]] for row in teams)])


def _base_permission(db: Database) -> str:
    row = db.one("SELECT settings FROM organization")
    return str(load(row["settings"])["default_repository_permission"]) if row else "none"
