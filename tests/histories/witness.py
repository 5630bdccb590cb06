"""Somebody who keeps an account of his own of what happened, in other words than the gate's, and objects.

He reads no ledger and asks nothing of ``model.gate``: he was told of everything when it happened.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from model.approval import Approval
from model.fingerprint import Trees
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

    @classmethod
    def of(cls, approval: Approval, teams: Mapping[str, frozenset[str]]) -> "Rules":
        """Those that a stack file and the teams' file declare."""
        return cls(
            required=approval.required,
            self_approval=approval.self_approval,
            groups="team/sre" in approval.at_least_one_from,
            nightly=bool(approval.freeze_windows),
            glass=approval.break_glass is not None,
            plan=approval.require_saved_plan,
            people={f"team/{name}": set(who) for name, who in teams.items()},
        )


@dataclass(frozen=True)
class Change:
    """What somebody wants to have in production, at one moment."""

    fingerprint: str
    release: Release
    context: str
    """Everything but the release."""
    declared: Rules
    now: datetime
    plan: str
    """Digest of the plan that is named beside it, if that is of this change."""
    proposers: frozenset[str]

    @classmethod
    def of(cls, given: GateInput) -> "Change":
        """What the gate looks at, as far as he cares."""
        return cls(
            fingerprint=given.fingerprint,
            release=given.release,
            context=context(given.settings, given.trees),
            declared=Rules.of(given.approval, given.teams),
            now=given.now,
            plan=given.plan.plan if given.plan else "",
            proposers=frozenset(one.login.lower() for one in given.proposers),
        )


def context(settings: Mapping[str, Any], trees: Trees) -> str:
    """Settings and trees in a form that differs where they do."""
    return json.dumps([settings, trees], sort_keys=True)


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
    soak: timedelta = SOAK
    """How long staging must have run it."""
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

    def approved(self, change: Change, who: str) -> None:
        """Somebody's own word for one change."""
        self.words.setdefault(change.fingerprint, {})[who] = change.now
        self.seen[change.fingerprint, who] = change.plan
        self.release_of[change.fingerprint] = change.release.id

    def planned(self, digest: str) -> None:
        """A plan was made."""
        self.fresh.add(digest)

    def moved(self) -> None:
        """The state is another one: no plan is made from it yet."""
        self.fresh.clear()

    def unapproved(self, who: str) -> None:
        """All his words are gone."""
        for words in self.words.values():
            words.pop(who, None)

    def broke(self, change: Change, who: str, reason: str) -> None:
        """An alarm without a reason is none."""
        if reason:
            self.alarms.setdefault(change.fingerprint, {})[who] = change.now
            self.release_of[change.fingerprint] = change.release.id

    def found(self, change: Change) -> None:
        """What runs already."""
        self.live = Let(change.fingerprint, _identity(change.release), change.context, change.declared)

    def begins_with(self, change: Change) -> None:
        """The first rules, by whoever sets up the stage."""
        self.rules = self.rules or change.declared

    def lets_in(self, change: Change) -> None:
        """The gate says yes.

        Raises:
            AssertionError: there is no reason for that.
        """
        rules = self.rules or change.declared
        self._objects(change, rules)
        later = change.declared if self._agreed(change, rules) else rules
        if self.open and self.entered and self.entered.fingerprint == change.fingerprint:
            later = self.entered.rules
        self.entered = Let(change.fingerprint, _identity(change.release), change.context, later)
        self.open, self.rules = True, rules

    def ended(self, change: Change, kind: Kind | None, *, updated: bool) -> None:
        """What became of it; None for what was killed."""
        assert self.entered
        self.live = self.entered if updated else self.live
        self.open = kind is None
        if kind is Kind.VERIFIED:
            self.worked.add(self.entered.identity)
            self.bad.discard(change.release.id)
            self.rules = self.entered.rules
        elif kind is Kind.FAILED:
            self.bad.add(change.release.id)
            for said in (self.words, self.alarms):
                for fingerprint in [one for one in said if self.release_of[one] == change.release.id]:
                    del said[fingerprint]

    def _objects(self, change: Change, rules: Rules) -> None:
        name, identity = change.release.id, _identity(change.release)
        if self.live is None or self.live.fingerprint == change.fingerprint:
            return  # an empty stage, or nothing new
        begun = self.open and self.entered and self.entered.fingerprint == change.fingerprint
        if begun and not self.staging_bad.get(name):
            return
        same = {one.context for one in (self.live, self.entered) if one}
        if identity in self.worked and name not in self.bad and change.context in same:
            return  # the way back
        if rules.glass and self._alarmed(change, rules):
            return
        assert self._agreed(change, rules), "not enough people have approved this very change"
        assert not rules.plan or change.plan in self.fresh, "no plan from this state"
        assert not self.frozen, "frozen by hand"
        assert not (rules.nightly and change.now.hour in {18, 19}), "frozen by the calendar"
        if self.live.identity != identity:
            assert identity in self.soaking, "staging has not verified these digests"
            assert self.soaking[identity] + self.soak <= change.now, "not soaked"
            assert not self.staging_bad.get(name), "staging has found it bad"
            testers = rules.people["team/qa"]
            assert any(well and who in testers for who, well in self.passed.get(name, {}).items()), "not tested"

    def _agreed(self, change: Change, rules: Rules) -> bool:
        own = {one.login.lower() for one in change.release.authors if one.login} | change.proposers
        may = rules.people["team/sre"] | rules.people["team/release-managers"]
        told = {who for who, at in self.words.get(change.fingerprint, {}).items() if _holds(at, change.now)}
        if rules.plan and change.plan:
            told = {who for who in told if self.seen[change.fingerprint, who] == change.plan}
        counted = {who for who in told & may if rules.self_approval or who not in own}
        return not rules.required or (
            len(counted) >= rules.required and (not rules.groups or bool(counted & rules.people["team/sre"]))
        )

    def _alarmed(self, change: Change, rules: Rules) -> bool:
        said = self.alarms.get(change.fingerprint, {})
        return any(who in rules.people["team/sre"] and _holds(at, change.now) for who, at in said.items())


def _holds(at: datetime, now: datetime) -> bool:
    return now - LIFE < at <= now + AHEAD


def _identity(release: Release) -> Identity:
    return release.id, release.images["openim-api"]
