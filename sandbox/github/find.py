"""Look up what a path names, and check that the caller may do what it asks there."""

from sandbox.github.accounts import Role, role_of
from sandbox.github.calls import Call
from sandbox.github.errors import RefusalError, forbidden, not_found
from sandbox.github.store import Database, Row, load
from sandbox.github.world import ORGANIZATION

READS = {"GET", "HEAD"}
NEEDED = {Role.ADMIN: "admin rights to", Role.MAINTAIN: "maintain access to", Role.WRITE: "push access to"}


def repository(call: Call, least: Role = Role.READ) -> Row:
    """The repository of ``/repos/{owner}/{repo}`` (or ``/repositories/{repository_id}``), with its role checked.

    Raises:
        RefusalError: 404 for what the caller may not see; 403 for a write it may see but not do, or to an archive.
    """
    row = named(call)
    role = role_of(call.db, call.actor, row) if row else Role.NONE
    if row is None or role < Role.READ:
        raise not_found()
    if call.method not in READS:
        call.actor.must_write()
        if call.actor.repositories is not None and row["id"] not in call.actor.repositories:
            raise call.actor.refusal
    if role < least:
        raise _lacking(call, least)
    return row


def named(call: Call) -> Row | None:
    """What the path names, whoever may see it; None without such a repository."""
    number = call.parameters.get("repository_id", "")
    if number:
        return call.db.one("SELECT * FROM repositories WHERE id = ?", number)
    return by_name(call.db, call.parameters["owner"], call.parameters["repo"])


def by_name(db: Database, owner: str, name: str) -> Row | None:
    """The repository ``owner/name``, None without one."""
    return db.one("SELECT * FROM repositories WHERE owner = ? AND name = ?", owner, name)


def in_network(db: Database, repository: Row, owner: str) -> Row | None:
    """The repository of ``owner`` in the network of ``repository``: itself, its parent, or a fork of either."""
    root = repository["fork_of"] or repository["id"]
    return db.one("SELECT * FROM repositories WHERE (id = ? OR fork_of = ?) AND owner = ?", root, root, owner)


def _lacking(call: Call, least: Role) -> RefusalError:
    """GitHub hides an administrator's pages; it says so only where a write is tried."""
    if call.method in READS:
        return not_found()
    return forbidden(f"Must have {NEEDED.get(least, 'access to')} Repository.")


def writable(call: Call, least: Role) -> Row:
    """As ``repository``, for a write that an archived repository refuses."""
    row = repository(call, least)
    if load(row["settings"])["archived"]:
        raise forbidden("Repository was archived so is read-only.")
    return row


def organization(call: Call) -> None:
    """Check ``{org}`` (a login) or ``{organization_id}``, and that a write comes from one who administers it."""
    login = call.parameters.get("org", ORGANIZATION)
    number = call.parameters.get("organization_id")
    known = call.db.one("SELECT account_id FROM organization")
    if login.lower() != ORGANIZATION.lower() or (number and (known is None or str(known["account_id"]) != number)):
        raise not_found()
    if call.method not in READS:
        call.actor.must_write()
        if not call.actor.administers:
            raise forbidden("You must be an admin to do this.")


def member(call: Call) -> None:
    """Check that the caller belongs to the organisation, which outsiders may not look into."""
    organization(call)
    if not (call.actor.app or is_member(call.db, call.actor.id)):
        raise not_found()


def is_member(db: Database, account_id: int) -> bool:
    """An active member or owner."""
    return db.one("SELECT 1 AS yes FROM members WHERE account_id = ? AND state = 'active'", account_id) is not None


def account(db: Database, login: str) -> Row:
    """The account called ``login``.

    Raises:
        RefusalError: 404.
    """
    row = db.one("SELECT * FROM accounts WHERE login = ?", login)
    if row is None:
        raise not_found()
    return row


def team(call: Call) -> Row:
    """The team of ``{team_slug}`` or ``{team_id}``; teams are for members' eyes only.

    Raises:
        RefusalError: 404.
    """
    member(call)
    if "team_id" in call.parameters:
        row = call.db.one("SELECT * FROM teams WHERE id = ?", call.parameters["team_id"])
    else:
        row = call.db.one("SELECT * FROM teams WHERE slug = ?", call.parameters["team_slug"])
    if row is None:
        raise not_found()
    return row
