"""Where git clients meet the organisation: who may clone and push, what the rules say, what follows a push."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.github.accounts import ANONYMOUS, Actor, Role, authenticate, role_of
from sandbox.github.courier import Courier
from sandbox.github.errors import RefusalError
from sandbox.github.git import Denial, Update
from sandbox.github.pushes import announce
from sandbox.github.rules import Change, violations
from sandbox.github.store import Database, Row, Store, load
from sandbox.github.world import World


@dataclass(frozen=True)
class Gateway:
    """The three questions that serving git asks."""

    store: Store
    world: World
    courier: Courier

    def authorize(self, authorization: str | None, name: str, write: bool) -> Actor | Denial:
        """The caller, who has to read the repository or to write to it."""
        with self.store.transaction(write=False) as db:
            try:
                actor = authenticate(db, authorization)
            except RefusalError:
                return Denial(401, "Invalid username or token. Password authentication is not supported.")
            row = _repository(db, name)
            role = role_of(db, actor, row) if row else Role.NONE
            return _denial(db, actor, row, role, write) or actor

    def check_update(self, update: Update, actor: Actor) -> list[str]:
        """Every reason of the rules against one ref's change."""
        with self.store.transaction(write=False) as db:
            repository = _repository(db, update.repository) or {}
            reasons = violations(db, repository, Change(update, actor, signed=False))
            default = f"refs/heads/{load(repository['settings'])['default_branch']}"
            if update.deleted and update.ref == default:
                reasons.append("refusing to delete the current branch")
            return reasons

    def pushed(self, name: str, updates: Sequence[Update], actor: Actor) -> None:
        """Queue the push's events."""
        with self.store.transaction(write=True) as db:
            announce(self.world, db, _repository(db, name) or {}, updates, actor)
        self.courier.wake()


def _repository(db: Database, name: str) -> Row | None:
    return db.one("SELECT * FROM repositories WHERE git_name = ?", name)


def _denial(db: Database, actor: Actor, row: Row | None, role: Role, write: bool) -> Denial | None:
    if row is None or role < Role.READ or (write and actor.anonymous):
        # Asking for credentials before saying "not found" is how GitHub hides private repositories.
        return Denial(401, "Authentication required.") if actor.anonymous else Denial(404, "Repository not found.")
    if not write:
        public = role_of(db, ANONYMOUS, row) >= Role.READ
        return (
            None if public or actor.may("contents", "read") else Denial(403, "Read access to repository not granted.")
        )
    path = f"{row['full_name']}.git"
    if load(row["settings"])["archived"]:
        return Denial(403, "This repository was archived so it is read-only.")
    if actor.read_only or role < Role.WRITE or not actor.may("contents", "write"):
        return Denial(403, f"Permission to {path} denied to {actor.login}.")
    return None
