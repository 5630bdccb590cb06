"""What happened on a stage, in order: the entries of ``ledger/<stage>.jsonl`` and the questions they answer.

An entry says what was done and decided; it is never changed. Reading and writing files is not done here.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
)

from model.base import Model
from model.fingerprint import Parts


class Kind(StrEnum):
    """What an entry tells."""

    GENESIS = "genesis"
    """The first policy came into force; the actor is who says so. There is one in a ledger."""
    PROPOSED = "proposed"
    """A promotion was offered; the actor is who proposed it."""
    APPROVED = "approved"
    BREAKGLASS = "breakglass"
    """In an emergency somebody lets a change past the gate; the reasons say why."""
    REFUSED = "refused"
    """The gate did not let a change through; the reasons are its own."""
    TESTED = "tested"
    """Somebody tested a release; ``evidence.verdict`` is pass or fail."""
    WITHDRAWN = "withdrawn"
    """A release is not to go anywhere from here."""
    DEPLOYING = "deploying"
    """An update has begun. Until one of the next five it may be half done."""
    DEPLOYED = "deployed"
    VERIFIED = "verified"
    """Seen to work; ``evidence`` holds each part with its duration."""
    FAILED = "failed"
    """Seen not to work: it is bad."""
    ERRORED = "errored"
    """Nobody can tell."""
    ROLLEDBACK = "rolledback"
    """``release`` is what the stage went back to, seen to work; ``evidence.from`` is what it left."""
    FROZEN = "frozen"
    THAWED = "thawed"


class Actor(Model):
    """Who did it."""

    login: str = Field(min_length=1)
    id: int | None = None
    """GitHub's id; none for the machine, and for somebody whom GitHub did not vouch for."""


MACHINE = Actor(login="openim-cicd[bot]", id=None)


def instant(value: datetime) -> str:
    """``2026-07-22T08:00:00Z``: UTC, whole seconds (RFC 3339)."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parsed(value: object) -> object:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _in_utc(value: datetime) -> datetime:
    """Python counts hours on one zone's clocks as if they were never changed; in UTC it counts real ones."""
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, BeforeValidator(_parsed), AfterValidator(_in_utc), PlainSerializer(instant)]
"""A point in time, in UTC."""


class Entry(Model):
    """One line."""

    seq: int = Field(ge=1)
    """Its number, from 1, without gaps."""
    at: Instant
    stage: str = Field(min_length=1)
    kind: Kind
    release: str = ""
    """The release's id, or empty."""
    fingerprint: str = ""
    """The change's fingerprint, or empty."""
    actor: Actor = MACHINE
    reasons: tuple[str, ...] = ()
    evidence: dict[str, Any] = Field(default_factory=dict)
    """Facts; ``images`` holds the digests in deploying, deployed, verified and rolledback, ``signed`` in proposed and
    deploying what the fingerprint stands for, ``policy`` who decides (``model.policy``)."""
    prev: str = ""
    """SHA-256 of the line before, its end included; empty in the first."""
    signature: str = ""
    """Over the rest of the line (``model.chain``); empty where no key was at hand."""

    @property
    def images(self) -> Mapping[str, str]:
        """The digests that it speaks of; empty where it names none."""
        found = self.evidence.get("images")
        return found if isinstance(found, dict) else {}

    @property
    def signed(self) -> Parts | None:
        """What its fingerprint stands for; None where it does not say, or says what has another fingerprint."""
        try:
            found = Parts.model_validate(self.evidence.get("signed"))
        except ValidationError:
            return None
        return found if found.fingerprint == self.fingerprint else None

    @property
    def passed(self) -> bool:
        """Whether a tester found the release good."""
        return self.kind is Kind.TESTED and self.evidence.get("verdict") == "pass"


Entries = Sequence[Entry]

RUNNING = (Kind.DEPLOYED, Kind.VERIFIED, Kind.ROLLEDBACK)
"""After one of these its release runs on the stage."""
WORKING = (Kind.VERIFIED, Kind.ROLLEDBACK)
"""After one of these its release was seen to work on the stage."""
ENDING = (Kind.DEPLOYED, Kind.VERIFIED, Kind.FAILED, Kind.ERRORED, Kind.ROLLEDBACK)
"""What ends a deployment that has begun."""


def last(entries: Entries, *kinds: Kind) -> Entry | None:
    """The newest entry of one of ``kinds``."""
    return next((one for one in reversed(entries) if one.kind in kinds), None)


def running(entries: Entries) -> Entry | None:
    """The entry that says what the stage runs; None before its first deployment."""
    return last(entries, *RUNNING)


def unfinished(entries: Entries) -> Entry | None:
    """The deployment that began and has not ended."""
    newest = last(entries, Kind.DEPLOYING, *ENDING)
    return newest if newest and newest.kind is Kind.DEPLOYING else None


def signed(entries: Entries, fingerprint: str) -> Parts | None:
    """What a fingerprint stands for, as far as anybody recorded it here."""
    told = (one.signed for one in reversed(entries) if one.fingerprint == fingerprint)
    return next((one for one in told if one), None)


def proposed(entries: Entries, release: str) -> Entry | None:
    """The newest proposal of ``release``."""
    return last([one for one in entries if one.release == release], Kind.PROPOSED)


def last_working(entries: Entries, *, other_than: str = "") -> Entry | None:
    """The newest entry of a release that was seen to work here and not found bad since: where to go back to."""
    for one in reversed(entries):
        if one.kind in WORKING and one.release != other_than and found_bad(entries, one.release) is None:
            return one
    return None


def approved_before(entries: Entries, later: Entry, actor: Actor, at: datetime) -> bool:
    """Whether this approval was recorded before ``later``: the order of the lines holds where clocks are set back."""
    return any(
        one.kind is Kind.APPROVED
        and one.seq < later.seq
        and person(one.actor) == person(actor)
        and one.evidence.get("given") == instant(at)
        for one in entries
    )


def worked(entries: Entries, release: str, images: Mapping[str, str]) -> Entry | None:
    """The newest entry that saw exactly these images work under this release id, found bad since or not."""
    seen = (one for one in reversed(entries) if one.kind in WORKING and one.release == release)
    return next((one for one in seen if dict(one.images) == dict(images)), None)


def verified_since(entries: Entries, release: str, images: Mapping[str, str]) -> Entry | None:
    """The first of the unbroken run of entries that saw these images work: from then on the release has soaked."""
    first = None
    for one in entries:
        if one.release == release and one.kind is Kind.FAILED:
            first = None
        elif one.release == release and one.kind in WORKING and dict(one.images) == dict(images):
            first = first or one
    return first


def found_bad(entries: Entries, release: str) -> Entry | None:
    """What stands against a release: it failed and was not seen to work since, or somebody withdrew it.

    Who withdrew a release lifts that by passing it later; nobody else does.
    """
    standing: dict[object, Entry] = {}
    for one in entries:
        if one.release != release:
            continue
        if one.kind in WORKING:
            standing.pop(Kind.FAILED, None)
        elif one.kind is Kind.FAILED:
            standing[Kind.FAILED] = one
        elif one.kind is Kind.WITHDRAWN:
            standing[person(one.actor)] = one
        elif one.passed:
            standing.pop(person(one.actor), None)
    return max(standing.values(), key=lambda one: one.seq, default=None)


def taken_back(entries: Entries) -> Mapping[str, Entry]:
    """By commit what took the stage back from it: nothing that runs by itself may bring these commits in again.

    They are what the release that was left had been built from and the one that was gone back to had not, until a
    release with them is seen to work once more.
    """
    built: dict[str, frozenset[str]] = {}
    gone: dict[str, Entry] = {}
    for one in entries:
        commits = frozenset(one.evidence.get("sources", {}).values())
        built[one.release] = commits or built.get(one.release, frozenset())
        if "from" in one.evidence:  # from the moment that the way back begins
            left = built.get(str(one.evidence["from"]), frozenset())
            gone |= dict.fromkeys(left - built[one.release], one)
        if one.kind in WORKING:
            gone = {commit: entry for commit, entry in gone.items() if commit not in built[one.release]}
    return gone


def person(actor: Actor) -> int | str:
    """What tells people apart: GitHub's id, since logins change; the login where there is no id."""
    return actor.id if actor.id is not None else actor.login.lower()


def frozen(entries: Entries) -> Entry | None:
    """The freeze in force."""
    newest = last(entries, Kind.FROZEN, Kind.THAWED)
    return newest if newest and newest.kind is Kind.FROZEN else None


def tests(entries: Entries, release: str) -> tuple[Entry, ...]:
    """The last word of each tester about a release, in order."""
    words: dict[int | str, Entry] = {}
    for one in entries:
        if one.kind is Kind.TESTED and one.release == release:
            words[person(one.actor)] = one
    return tuple(sorted(words.values(), key=lambda one: one.seq))


def line(entry: Entry) -> str:
    """An entry as it is written: one line of JSON."""
    return json.dumps(entry.model_dump(mode="json"), separators=(",", ":"), ensure_ascii=False) + "\n"
