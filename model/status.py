"""The picture of the machine: what runs where since when, what waits for whom and why, the way of each release.

Made of ledgers and of what could be asked; whatever could not be asked is said, never guessed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model import ledger
from model.emergency import ALARM, KEY
from model.gate import Decision
from model.ledger import Entries, Entry, Kind, instant
from model.names import duration_text

JOURNEYS = 6
"""Releases whose way is shown, the newest first."""
EVENTS = 12
"""Entries of all ledgers that are shown, the newest first."""


class State(StrEnum):
    """How a stage, or a step of a release's way, is."""

    GOOD = "good"
    BUSY = "busy"
    WAITING = "waiting"
    BAD = "bad"
    UNKNOWN = "unknown"
    NONE = "none"


STATES = {
    Kind.VERIFIED: State.GOOD,
    Kind.ROLLEDBACK: State.GOOD,
    Kind.DEPLOYED: State.BUSY,
    Kind.DEPLOYING: State.BUSY,
    Kind.FAILED: State.BAD,
    Kind.ERRORED: State.UNKNOWN,
}
WORDS = {Kind.ROLLEDBACK: "rolled back to, verified", Kind.DEPLOYED: "deployed, not verified yet"}


@dataclass(frozen=True)
class Asked:
    """What a stage's cluster said, or why it was not heard."""

    state: State
    text: str


@dataclass(frozen=True)
class Waiting:
    """A change that is not on its stage yet."""

    release: str
    reasons: tuple[str, ...]
    """Why not; empty where nothing stands against it."""
    next_steps: tuple[str, ...]
    proposed: bool
    """Whether the stack file names it already."""


@dataclass(frozen=True)
class StageView:
    """One stage."""

    name: str
    release: str
    """What runs; empty before the first deployment."""
    state: State
    word: str
    since: datetime | None
    cluster: Asked
    frozen: str
    emergency: str
    """Who broke the glass for what was deployed last, and why; empty where nobody did."""
    waiting: Waiting | None
    addresses: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One station of a release's way."""

    title: str
    state: State
    at: datetime | None
    text: str


@dataclass(frozen=True)
class Journey:
    """The way of one release from its commits on."""

    release: str
    sources: Mapping[str, str]
    """Commit by repository."""
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Status:
    """Everything at one moment."""

    at: datetime
    stages: tuple[StageView, ...]
    journeys: tuple[Journey, ...]
    events: tuple[Entry, ...]
    links: Mapping[str, str]
    """Pages at GitHub by title."""
    unknown: tuple[str, ...]
    """What could not be asked, and why."""


@dataclass(frozen=True)
class StageFacts:
    """What is known of a stage."""

    name: str
    entries: Entries
    source: str
    """The stage that its releases come from; empty for the first."""
    named: str
    """Release that its stack file names."""
    named_fingerprint: str
    cluster: Asked
    addresses: Mapping[str, str]
    candidate: tuple[str, Decision] | None
    """The release that could come next, and what the gate says to it."""


def status(
    at: datetime, facts: Sequence[StageFacts], links: Mapping[str, str], unknown: Iterable[str], events: int = EVENTS
) -> Status:
    """The picture of stages given in the order in which releases pass them."""
    everything = sorted((one for stage in facts for one in stage.entries), key=lambda one: (one.at, one.seq))
    return Status(
        at,
        tuple(_view(one) for one in facts),
        tuple(_journeys(facts, everything)),
        tuple(reversed(everything[-events:])),
        dict(links),
        tuple(unknown),
    )


def age(since: datetime | None, now: datetime) -> str:
    """``3h20m`` since then, in at most two units; empty where there is no then."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    unit = 1 if seconds < 600 else 60 if seconds < 86_400 else 3600
    return duration_text(type(now - since)(seconds=seconds // unit * unit))


def _view(facts: StageFacts) -> StageView:
    newest = ledger.last(facts.entries, Kind.DEPLOYING, *ledger.ENDING)
    running = ledger.running(facts.entries)
    frozen = ledger.frozen(facts.entries)
    shown = newest if newest and newest.kind in {Kind.DEPLOYING, Kind.FAILED, Kind.ERRORED} else running
    return StageView(
        name=facts.name,
        release=running.release if running else "",
        state=STATES[shown.kind] if shown else State.NONE,
        word=_word(shown, running),
        since=running.at if running else None,
        cluster=facts.cluster,
        frozen=f"frozen by {frozen.actor.login} since {instant(frozen.at)}: {'; '.join(frozen.reasons)}"
        if frozen
        else "",
        emergency=_emergency(facts.entries),
        waiting=_waiting(facts, running),
        addresses=facts.addresses,
    )


def _emergency(entries: Entries) -> str:
    begun = ledger.last(entries, Kind.DEPLOYING)
    said = begun.evidence.get(KEY) if begun else None
    return f"{ALARM} for {begun.release}: {'; '.join(map(str, said))}" if begun and said else ""


def _word(shown: Entry | None, running: Entry | None) -> str:
    if shown is None:
        return "nothing deployed yet"
    word = WORDS.get(shown.kind, shown.kind.value)
    return word if running and shown.release == running.release else f"{word} {shown.release}"


def _waiting(facts: StageFacts, running: Entry | None) -> Waiting | None:
    """What the stack file names and does not run, else what the stage before has for it."""
    if facts.candidate is None:
        return None
    release, decision = facts.candidate
    if running and running.release == release and running.fingerprint == facts.named_fingerprint:
        return None
    reasons = tuple(one.text for one in decision.reasons)
    steps = tuple(dict.fromkeys(one.remedy for one in decision.reasons))
    proposed = facts.named == release
    if not proposed:
        # There is nothing to approve before it is proposed.
        promote, approve = (f"openim-cicd {word} {facts.name}" for word in ("promote", "approve"))
        steps = (*(one for one in steps if one != approve), promote)
    elif not reasons:
        steps = (f"openim-cicd deploy {facts.name}",)
    return Waiting(release, reasons, steps, proposed)


def _journeys(facts: Sequence[StageFacts], everything: Entries) -> Iterable[Journey]:
    seen: dict[str, Entry] = {}
    for one in everything:
        if one.release:
            seen.setdefault(one.release, one)
    newest = sorted(seen, key=lambda release: (seen[release].at, seen[release].seq), reverse=True)
    for release in newest[:JOURNEYS]:
        steps = [step for stage in facts for step in _steps(stage, release)]
        yield Journey(release, _sources(everything, release), tuple(steps))


def _sources(everything: Entries, release: str) -> dict[str, str]:
    for one in reversed(everything):
        found = one.evidence.get("sources")
        if one.release == release and isinstance(found, dict) and found:
            return {str(name): str(commit) for name, commit in found.items()}
    return {}


def _steps(facts: StageFacts, release: str) -> Iterable[Step]:
    mine = [one for one in facts.entries if one.release == release]
    if facts.source:
        yield _step("proposed", mine, {Kind.PROPOSED: State.GOOD})
        yield _step("approved", mine, {Kind.APPROVED: State.GOOD, Kind.REFUSED: State.WAITING})
    yield _step(facts.name, mine, STATES)
    words = ledger.tests(mine, release)
    if words or not facts.source:
        yield _tested(words, ledger.found_bad(mine, release))


def _step(title: str, mine: Entries, states: Mapping[Kind, State]) -> Step:
    newest = ledger.last(mine, *states)
    if newest is None:
        return Step(title, State.NONE, None, "")
    people = "" if newest.actor == ledger.MACHINE else f" by {newest.actor.login}"
    said = f": {'; '.join(newest.reasons)}" if newest.reasons else ""
    return Step(title, states[newest.kind], newest.at, f"{newest.kind.value}{people}{said}")


def _tested(words: Entries, bad: Entry | None) -> Step:
    if bad and bad.kind is Kind.WITHDRAWN:
        return Step("tested", State.BAD, bad.at, f"withdrawn by {bad.actor.login}: {'; '.join(bad.reasons)}")
    if not words:
        return Step("tested", State.NONE, None, "")
    passed = [one for one in words if one.passed]
    state = State.GOOD if len(passed) == len(words) else State.BAD
    said = ", ".join(f"{one.evidence.get('verdict', '?')} by {one.actor.login}" for one in words)
    return Step("tested", state, words[-1].at, said)
