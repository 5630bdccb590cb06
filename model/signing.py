"""Whose signatures count: the keys of the machine and of people, when each is good, and who is who.

Keys are never taken out of the settings, or nobody could check what they signed: one that is given up gets ``until``,
one that was lost gets ``revokedAt``.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from model import sshsig
from model.base import Model
from model.ledger import Actor, Instant, instant
from model.names import Login
from model.people import same
from model.release import Author

MACHINE = "the machine"
"""How the owner of the machine's keys is called; no login has a space."""

PublicKey = Annotated[str, AfterValidator(sshsig.normal)]
"""A line of a ``.pub`` file: ``ssh-ed25519 AAAA…``; a comment is dropped."""


class TrustedKey(Model):
    """One public key and the time in which it is good."""

    key: PublicKey
    from_: Instant | None = Field(default=None, alias="from")
    """Good from then on; default always was."""
    until: Instant | None = None
    """Given up then, as planned; default never."""
    revoked_at: Instant | None = None
    """Lost then: what it signed before still stands where later records show that it was there; nothing new does."""

    def fault(self, at: datetime) -> str:
        """Why it does not sign what says that it is of ``at``; empty where it does."""
        if self.from_ and at < self.from_:
            return f"its key is good only from {instant(self.from_)}"
        if self.until and at >= self.until:
            return f"its key was good until {instant(self.until)}"
        return self.revoked(at)

    def revoked(self, at: datetime) -> str:
        """Whether it was revoked by ``at``, in words; empty where it was not."""
        return (
            f"its key is revoked since {instant(self.revoked_at)}" if self.revoked_at and at >= self.revoked_at else ""
        )


class Signing(Model):
    """Whose signatures count on a stage."""

    machine: tuple[TrustedKey, ...] = ()
    """Keys of the machine: it signs the ledger, and vouches for people whom GitHub authenticated."""
    people: dict[Login, tuple[TrustedKey, ...]] = Field(default_factory=dict)
    """Keys of people, by login."""
    identities: dict[Login, Login] = Field(default_factory=dict)
    """Second accounts of one person: the login that counts, by the other one."""

    @model_validator(mode="after")
    def _one_owner(self) -> "Signing":
        owners = [(one.key, owner) for owner, one in self._all()]
        if twice := sorted({owner for key, owner in owners if len([1 for other, _ in owners if other == key]) > 1}):
            raise ValueError(f"{twice} have one key between them or twice: one key, one owner")
        return self

    @property
    def names_keys(self) -> bool:
        """Whether signatures are asked for at all."""
        return any(True for _ in self._all())

    def owner(self, public_key: str) -> tuple[str, TrustedKey] | None:
        """Who has this key: ``MACHINE`` or a login; None where nobody has it."""
        return next(((owner, one) for owner, one in self._all() if one.key == public_key), None)

    def person(self, actor: Actor | Author) -> int | str:
        """What tells people apart: GitHub's id, or the login that counts for whoever has two accounts."""
        named = {other.lower(): one.lower() for other, one in self.identities.items()}
        login = actor.login.lower()
        if login in named or login in named.values():
            return named.get(login, login)
        return actor.id if actor.id is not None else login

    def same(self, one: Actor | Author, other: Actor | Author) -> bool:
        """Whether both may be the same person: by id, by login, or by ``identities``."""
        return same(one, other) or self.person(one) == self.person(other)

    def _all(self) -> Iterator[tuple[str, TrustedKey]]:
        yield from ((MACHINE, one) for one in self.machine)
        yield from ((login, one) for login, keys in self.people.items() for one in keys)
