"""``approvals/<stage>/<fingerprint>.yaml``: who approved one change, each statement signed.

A signature is verified over the statement's text before anybody reads what the text says. A person's own key signs
for that person alone; the machine's key vouches for people whom GitHub authenticated, and is told apart.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field, ValidationError

from model import sshsig
from model.base import Model
from model.chain import Sign
from model.fingerprint import FingerprintHash
from model.ledger import Actor, Instant, instant
from model.names import Digest, Login
from model.signing import MACHINE, Signing
from model.sshsig import SignatureError

SPACE = "approval@openim-cicd"
"""What a signature of an approval is for."""
MOST = 100
"""Statements of one file."""


class Given(Model):
    """One approval."""

    login: Login
    id: int = Field(ge=1)
    """GitHub's id: a login can be given up and taken by somebody else."""
    at: Instant
    how: Literal["review", "environment", "command"]
    """A pull request's review, a deployment environment's, or `openim-cicd approve`."""
    fingerprint: FingerprintHash
    plan: Digest | None = None
    """The saved plan that it is for; none where the change had none."""
    expires: Instant | None = None
    """When it ends by its giver's will, where that is before the stage's own limit."""
    by: Literal["person", "machine"] = "machine"
    """Whose key signed it."""
    fault: str = ""
    """Why it does not count, whoever gave it."""

    @property
    def actor(self) -> Actor:
        """Who gave it."""
        return Actor(login=self.login, id=self.id)


class Statement(Model):
    """What is signed."""

    stage: str
    fingerprint: FingerprintHash
    plan: Digest | None = None
    release: str
    login: Login
    id: int = Field(ge=1)
    at: Instant
    how: Literal["review", "environment", "command"]
    expires: Instant | None = None

    @property
    def text(self) -> str:
        """One line of JSON, keys in order: the bytes that a signature is over."""
        return json.dumps(self.model_dump(mode="json", exclude_none=True), sort_keys=True, separators=(",", ":"))

    def given(self, by: Literal["person", "machine"], fault: str = "") -> Given:
        """As the gate takes it."""
        told = self.model_dump(exclude={"stage", "release"})
        return Given(**told, by=by, fault=fault)


class Signed(Model):
    """A statement and its signature."""

    statement: str = Field(max_length=2000)
    signature: str = Field(default="", max_length=8000)
    """On one line; empty where no key was at hand."""

    @property
    def claimed(self) -> Statement | None:
        """What it says, believed or not; None where it says nothing that can be understood."""
        try:
            return Statement.model_validate(json.loads(self.statement))
        except (ValueError, ValidationError):
            return None


class ApprovalsFile(Model):
    """One file; it approves nothing but its own fingerprint."""

    proposers: tuple[Actor, ...] = ()
    """Who proposed the change: the promotion's author and whoever committed to it."""
    approvals: tuple[Signed, ...] = Field(default=(), max_length=MOST)


def signed(statement: Statement, sign: Sign | None) -> Signed:
    """The statement with a signature, where somebody can give one."""
    text = statement.text
    return Signed(statement=text, signature=sign(SPACE, text.encode()).text if sign else "")


@dataclass(frozen=True)
class Verifier:
    """Tells what of a file is somebody's word."""

    stage: str
    fingerprint: str
    force: Signing
    """Whose signatures count, by the policy in force."""
    declared: Signing
    """By the settings: what they revoke is revoked at once."""
    now: datetime

    def verified(self, statements: Iterable[Signed]) -> tuple[tuple[Given, ...], tuple[str, ...]]:
        """Whose word each statement is, and what is nobody's word, in words."""
        given: list[Given] = []
        void: list[str] = []
        for place, one in enumerate(statements, 1):
            found = self.one(one)
            if isinstance(found, str):
                void.append(f"statement {place} {found}")
            else:
                given.append(self._once(found, given))
        return tuple(given), tuple(void)

    def one(self, one: Signed) -> Given | str:
        """Whose word it is; else why it is nobody's."""
        if not self.force.names_keys:
            return self._recorded(one)
        if not one.signature:
            return "is signed by nobody: the job has no OPENIM_CICD_MACHINE_KEY"
        try:
            signature = sshsig.read(one.signature)
            sshsig.verify(signature, SPACE, one.statement.encode())
        except SignatureError as error:
            return f"is wrongly signed: its signature {error}"
        owned = self.force.owner(signature.public_key)
        if owned is None:
            return f"is signed by {sshsig.key_hash(signature.public_key)}, a key of nobody's here"
        statement = one.claimed
        if statement is None or statement.text != one.statement:
            return f"is signed by {owned[0]} and is no approval"
        return self._by(owned[0], statement, signature.public_key)

    def _recorded(self, one: Signed) -> Given | str:
        """Where no keys are in force, the machine's record on the protected branch is all that there is."""
        statement = one.claimed
        if statement is None or statement.text != one.statement:
            return "is no approval"
        return self._by(MACHINE, statement, "")

    def _by(self, owner: str, statement: Statement, key: str) -> Given | str:
        if statement.stage != self.stage:
            return f"of {statement.login} approves for {statement.stage}, not for {self.stage}"
        if owner != MACHINE and owner.lower() != statement.login.lower():
            return f"says that {statement.login} approves, and {owner} signed it"
        return statement.given("machine" if owner == MACHINE else "person", self._fault(statement, key))

    def _fault(self, statement: Statement, key: str) -> str:
        if statement.fingerprint != self.fingerprint:
            return "it is for another fingerprint"
        for signing in (self.force, self.declared):
            owned = signing.owner(key)
            if owned and (fault := owned[1].revoked(self.now) or owned[1].fault(statement.at)):
                return fault
        if statement.expires and statement.expires <= self.now:
            return f"expired at {instant(statement.expires)}, as its giver said"
        return ""

    def _once(self, one: Given, before: Sequence[Given]) -> Given:
        """One approval each, whatever a person's accounts are called."""
        twin = next((other for other in before if self.force.same(other.actor, one.actor)), None)
        if twin is None or twin.fault:
            return one
        named = "twice" if twin.login == one.login else f"as {twin.login} too"
        return one.model_copy(update={"fault": one.fault or f"approved {named}: one approval each"})
