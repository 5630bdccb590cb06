"""Somebody who keeps an account of his own of what happened, in other words than the gate's, and objects.

He reads no ledger and asks nothing of ``model.gate``: he was told of everything when it happened.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from model.gate_input import GateInput
from model.ledger import Kind
from model.release import Release

SOAK, LIFE, AHEAD = timedelta(minutes=30), timedelta(hours=72), timedelta(minutes=5)
GLASS = {"team/sre"}
Identity = tuple[str, str]
"""A release's id and its digest: two releases may claim one id."""


@dataclass
class Rules:
    """Who decides, as he has it."""

    required: int
    self_approval: bool
    groups: bool
    """Whether one approval must come from team/sre."""
    nightly: bool
    glass: bool
    plan: bool
    """Whether only a saved plan is applied."""
    people: dict[str, set[str]]


@dataclass
class Let:
    """One change that was let in."""

    fingerprint: str
    identity: Identity
    context: str
    rules: Rules


@dataclass
class Witness:
    """His account."""

    rules: Rules | None = None
    """Those in force."""
    live: Let | None = None
    entered: Let | None = None
    """What was let in last."""
    open: bool = False
    """Whether that has not come to an end."""
    worked: set[Identity] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    soaking: dict[Identity, datetime] = field(default_factory=dict)
    staging_bad: dict[str, set[str]] = field(default_factory=dict)
    """Who or what stands against a release id on staging."""
    passed: dict[str, dict[str, bool]] = field(default_factory=dict)
    words: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """By fingerprint, who approved when."""
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    """By fingerprint and person, the plan that he had before him."""
    fresh: set[str] = field(default_factory=set)
    """Plans that were made from the state as it lies."""
    alarms: dict[str, dict[str, datetime]] = field(default_factory=dict)
    release_of: dict[str, str] = field(default_factory=dict)
    frozen: bool = False

    def staged(self, release: Release, ended: Kind, now: datetime) -> None:
        """Staging has seen it work, or not."""
        against = self.staging_bad.setdefault(release.id, set())
        if ended is Kind.VERIFIED:
            self.soaking.setdefault(_identity(release), now)
            against.discard("failed")
        elif ended is Kind.FAILED:
            self.soaking = {one: since for one, since in self.soaking.items() if one[0] != release.id}
            against.add("failed")

    def tested(self, release: Release, who: str, verdict: str) -> None:
        """A tester's word; his last one counts."""
        self.passed.setdefault(release.id, {})[who] = verdict == "pass"
        against = self.staging_bad.setdefault(release.id, set())
        against.discard(who) if verdict == "pass" else against.add(who)

    def approved(self, given: GateInput, who: str) -> None:
        """Somebody's own word for one change."""
        self.words.setdefault(given.fingerprint, {})[who] = given.now
        self.seen[given.fingerprint, who] = given.plan.plan if given.plan else ""
        self.release_of[given.fingerprint] = given.release.id

    def planned(self, digest: str) -> None:
        """A plan was made."""
        self.fresh.add(digest)

    def moved(self) -> None:
        """The state is another one: no plan is made from it yet."""
        self.fresh.clear()

    def unapproved(self, who: str) -> None:
        """All his words are gone."""
        for given in self.words.values():
            given.pop(who, None)

    def broke(self, given: GateInput, who: str, reason: str) -> None:
        """An alarm without a reason is none."""
        if reason:
            self.alarms.setdefault(given.fingerprint, {})[who] = given.now
            self.release_of[given.fingerprint] = given.release.id

    def found(self, given: GateInput) -> None:
        """What runs already."""
        self.live = Let(given.fingerprint, _identity(given.release), _context(given), _declared(given))

    def begins_with(self, given: GateInput) -> None:
        """The first rules, by whoever sets up the stage."""
        self.rules = self.rules or _declared(given)

    def lets_in(self, given: GateInput) -> None:
        """The gate says yes.

        Raises:
            AssertionError: there is no reason for that.
        """
        rules = self.rules or _declared(given)
        self._objects(given, rules)
        later = _declared(given) if self._agreed(given, rules) else rules
        if self.open and self.entered and self.entered.fingerprint == given.fingerprint:
            later = self.entered.rules
        self.entered = Let(given.fingerprint, _identity(given.release), _context(given), later)
        self.open, self.rules = True, rules

    def ended(self, given: GateInput, kind: Kind | None, *, updated: bool) -> None:
        """What became of it; None for what was killed."""
        assert self.entered
        self.live = self.entered if updated else self.live
        self.open = kind is None
        if kind is Kind.VERIFIED:
            self.worked.add(self.entered.identity)
            self.bad.discard(given.release.id)
            self.rules = self.entered.rules
        elif kind is Kind.FAILED:
            self.bad.add(given.release.id)
            for said in (self.words, self.alarms):
                for fingerprint in [one for one in said if self.release_of[one] == given.release.id]:
                    del said[fingerprint]

    def _objects(self, given: GateInput, rules: Rules) -> None:
        name, identity = given.release.id, _identity(given.release)
        if self.live is None or self.live.fingerprint == given.fingerprint:
            return  # an empty stage, or nothing new
        begun = self.open and self.entered and self.entered.fingerprint == given.fingerprint
        if begun and not self.staging_bad.get(name):
            return
        same = {one.context for one in (self.live, self.entered) if one}
        if identity in self.worked and name not in self.bad and _context(given) in same:
            return  # the way back
        if rules.glass and self._alarmed(given, rules):
            return
        assert self._agreed(given, rules), "not enough people have approved this very change"
        assert not rules.plan or (given.plan and given.plan.plan in self.fresh), "no plan from this state"
        assert not self.frozen, "frozen by hand"
        assert not (rules.nightly and given.now.hour in {18, 19}), "frozen by the calendar"
        if self.live.identity != identity:
            assert identity in self.soaking, "staging has not verified these digests"
            assert self.soaking[identity] + SOAK <= given.now, "not soaked"
            assert not self.staging_bad.get(name), "staging has found it bad"
            testers = rules.people["team/qa"]
            assert any(well and who in testers for who, well in self.passed.get(name, {}).items()), "not tested"

    def _agreed(self, given: GateInput, rules: Rules) -> bool:
        own = {one.login for one in given.release.authors} | {one.login for one in given.proposers}
        may = rules.people["team/sre"] | rules.people["team/release-managers"]
        told = {who for who, at in self.words.get(given.fingerprint, {}).items() if _holds(at, given.now)}
        if rules.plan and given.plan:
            told = {who for who in told if self.seen[given.fingerprint, who] == given.plan.plan}
        counted = {who for who in told & may if rules.self_approval or who not in own}
        return not rules.required or (
            len(counted) >= rules.required and (not rules.groups or bool(counted & rules.people["team/sre"]))
        )

    def _alarmed(self, given: GateInput, rules: Rules) -> bool:
        said = self.alarms.get(given.fingerprint, {})
        return any(who in rules.people["team/sre"] and _holds(at, given.now) for who, at in said.items())


def _holds(at: datetime, now: datetime) -> bool:
    return now - LIFE < at <= now + AHEAD


def _identity(release: Release) -> Identity:
    return release.id, release.images["openim-api"]


def _context(given: GateInput) -> str:
    """Everything but the release."""
    return json.dumps([given.settings, given.trees], sort_keys=True)


def _declared(given: GateInput) -> Rules:
    approval: Any = given.approval
    return Rules(
        required=approval.required,
        self_approval=approval.self_approval,
        groups="team/sre" in approval.at_least_one_from,
        nightly=bool(approval.freeze_windows),
        glass=approval.break_glass is not None,
        plan=approval.require_saved_plan,
        people={f"team/{name}": set(who) for name, who in given.teams.items()},
    )
