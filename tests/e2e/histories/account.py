"""What production has let in, told to the witness; and what it runs, held against that."""

import json
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field, replace
from datetime import timedelta

from model import ledger
from model.gate_input import GateInput
from model.ledger import Entry, Kind
from model.release import Release
from tests.e2e.histories.desk import Desk
from tests.e2e.histories.releases import API, Releases, identity
from tests.histories.witness import Change, Rules, Witness, context

STAGE = "prod"
SOAK = timedelta(seconds=5)
"""What the sandbox's production asks for."""
PATIENCE = timedelta(minutes=10)
"""More than any command takes."""


@dataclass
class Account:
    """Of one stage, since somebody began to look."""

    desk: Desk
    releases: Releases
    given: InitVar[GateInput]
    """What is declared at the beginning."""
    witness: Witness = field(default_factory=lambda: Witness(soak=SOAK))
    let: set[tuple[str, str]] = field(default_factory=set)
    """Releases of which something may run: the last that worked, and all that were let in since."""
    entered: list[str] = field(default_factory=list)
    """Every release that was let in, one after the other."""

    def __post_init__(self, given: GateInput) -> None:
        """Everything before his time is what the witness takes as given."""
        entries = self.desk.entries(STAGE)
        running = ledger.running(entries)
        assert running
        assert ledger.unfinished(entries) is None, "somebody's deployment has not ended"
        parts = ledger.signed(entries, running.fingerprint)
        assert parts
        given = replace(given, release=Release(id=running.release, images=dict(running.images)))
        self.witness.found(
            replace(Change.of(given), fingerprint=running.fingerprint, context=context(parts.settings, parts.trees))
        )
        people = {name.removeprefix("team/"): who for name, who in given.policy.people.items()}
        decides = {name: frozenset(one.login.lower() for one in who) for name, who in people.items()}
        self.witness.rules = Rules.of(given.policy.approval, decides)
        for one in entries:
            if one.kind in ledger.WORKING:
                self.let = {(one.release, one.images[API])}
                self.witness.worked |= self.let
            elif one.kind is Kind.DEPLOYING:
                self.let.add((one.release, one.images[API]))
            elif one.kind is Kind.FAILED:
                self.witness.bad.add(one.release)

    def tell(self, given: GateInput, act: Callable[[], None]) -> None:
        """Do something, and tell the witness what came of it; ``given`` is what the clone declared then."""
        wanted, mark, before = Change.of(given), len(self.desk.entries(STAGE)), self.state()
        act()
        entries = self.desk.entries(STAGE)
        moved = self.state() != before
        change: Change | None = None
        for one in entries[mark:]:
            if one.kind is Kind.DEPLOYING:
                assert abs(one.at - self.desk.now) < PATIENCE, "these people's clocks are not as they should be"
                change = wanted if one.fingerprint == wanted.fingerprint else self._of_entry(one, wanted)
                self.witness.lets_in(change)
                self.entered.append(change.release.id)
                self.let.add(identity(change.release))
            elif change and one.kind in {Kind.VERIFIED, Kind.ROLLEDBACK}:
                self.witness.ended(change, Kind.VERIFIED, updated=True)
                self.let = {identity(change.release)}
                change = None
            elif change and one.kind in {Kind.FAILED, Kind.ERRORED}:
                self.witness.ended(change, one.kind, updated=self._deployed() == change.fingerprint)
                change = None
        if change:
            self.witness.ended(change, None, updated=self._deployed() == change.fingerprint)
        if moved:
            self.witness.moved()

    def _of_entry(self, entry: Entry, wanted: Change) -> Change:
        """A change that is not the one that the clone declared: the way back."""
        parts = ledger.signed(self.desk.entries(STAGE), entry.fingerprint)
        assert parts
        release = Release(id=parts.release.id, images=parts.release.images, authors=parts.release.authors)
        return replace(
            wanted,
            fingerprint=entry.fingerprint,
            release=release,
            context=context(parts.settings, parts.trees),
            plan="",
            proposers=frozenset(),
        )

    def look(self) -> None:
        """What production's cluster runs is what the witness was told of.

        Raises:
            AssertionError: it is not.
        """
        known = [self.releases.images[one] for one in self.let]
        for name, digest in self.desk.runs(STAGE).items():
            assert any(digest in images.values() for images in known), f"{name} runs {digest}, which nobody let in"

    def _deployed(self) -> str:
        """The fingerprint that the engine has written among the stack's outputs last."""
        stack = next(one for one in self.desk.resources(STAGE) if one["type"] == "pulumi:pulumi:Stack")
        return str(stack["outputs"]["fingerprint"])

    def state(self) -> str:
        """Stands for the state as it lies; times are no part of it."""
        found = self.desk.resources(STAGE)
        rows = [{key: one[key] for key in one if key not in {"created", "modified"}} for one in found]
        return json.dumps(rows, sort_keys=True)
