"""Breaking the glass: who may, for what, how long, and how loud it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from model.approval import Approval, BreakGlass
from model.gate import decide, policy_after
from model.gate_input import GateInput
from model.ledger import Entry, Kind
from model.notices import Emergency, emergency_text
from tests.unit.model.gate_world import (
    APPROVAL,
    NEW,
    NIGHTLY,
    OLD,
    PEOPLE,
    TEAMS,
    approved,
    asked,
    entry,
    genesis,
    history,
    release,
)

HOUR = timedelta(hours=1)
RULE = BreakGlass(approvers=("team/sre",), required=1)
POLICY = APPROVAL.model_copy(update={"break_glass": RULE, "freeze_windows": (NIGHTLY,)})


def burning(rule: BreakGlass | None = RULE, **more: object) -> GateInput:
    """At night, in a freeze, with nothing from staging and nobody's approval."""
    policy = POLICY.model_copy(update={"break_glass": rule})
    first = asked(approval=policy)
    own = history(genesis(first), entry(Kind.VERIFIED, OLD, timedelta(days=1)))
    night = {"now": first.now.replace(hour=18, minute=30), "source": (), "source_deployed": None}
    return asked(approval=policy, own=own, **{**night, **more})


def broken(given: GateInput, *names: str, **more: object) -> GateInput:
    """These people have broken the glass for exactly this change."""
    words = [
        entry(
            Kind.BREAKGLASS, NEW, actor=PEOPLE[name], reasons=("logins fail everywhere",), fingerprint=given.fingerprint
        )
        for name in names
    ]
    return replace(given, own=history(*given.own, *(one.model_copy(update=more) for one in words)))


def test_it_lets_past_whatever_stands_against_the_change() -> None:
    """Evidence, tests, approvals and a freeze; loudly, with who and why, and with all that was not met."""
    given = broken(burning(), "omar-sre")
    decision = decide(given)
    assert decision.allowed
    said = decision.text("prod", NEW.id)
    assert said.startswith(f"BREAK-GLASS: prod takes {NEW.id}: omar-sre: logins fail everywhere; not met: staging has")
    for lack in ("0 of 1 manual tests", "0 of 2 approvals", "frozen until"):
        assert lack in said


def test_a_release_that_staging_found_bad_too() -> None:
    """Whoever breaks the glass is told so and answers for it."""
    given = burning(source=history(entry(Kind.FAILED, NEW)))
    assert "failed on staging" in decide(broken(given, "ines-sre")).text("prod", NEW.id)
    assert decide(broken(given, "ines-sre")).allowed


def test_the_author_may_mend_what_burns() -> None:
    """Its approvers are its own; they are few, and awake."""
    given = burning(BreakGlass(approvers=("user/withchao",)))
    assert decide(broken(given, "withchao")).allowed


def test_it_is_not_told_where_it_is_not_needed() -> None:
    """What has everything goes the ordinary way."""
    own = history(genesis(asked()), entry(Kind.VERIFIED, OLD, timedelta(days=1)))
    decision = decide(broken(approved("skiffer-git", "omar-sre", given=asked(own=own)), "omar-sre"))
    assert decision.allowed
    assert not decision.emergency


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (broken(burning(), "mallory"), "mallory's does not count: not one of team/sre"),
        (broken(burning(), "omar-sre", reasons=(" ",)), "omar-sre's does not count: no reason is given"),
        (broken(burning(), "omar-sre", actor=PEOPLE["omar-sre"].model_copy(update={"id": None})), "did not vouch for"),
        (broken(burning(), "omar-sre", at=burning().now - 72 * HOUR), "expired at"),
        (broken(burning(), "omar-sre", at=burning().now + HOUR), "which is yet to come"),
        (broken(burning(BreakGlass(approvers=("team/sre",), required=2)), "omar-sre"), "1 of 2 to break the glass (by"),
        (broken(burning(BreakGlass(approvers=("team/sre",), required=2)), "omar-sre", "omar-sre"), "1 of 2 to break"),
    ],
)
def test_what_does_not_count_is_named(given: GateInput, why: str) -> None:
    """With the next step, like any other refusal."""
    decision = decide(given)
    assert not decision.allowed
    said = decision.text("prod", NEW.id)
    assert why in said
    assert said.endswith("openim-cicd break-glass prod --reason TEXT")


def test_it_is_for_one_change() -> None:
    """Another release, other settings or code are another emergency."""
    given = broken(burning(), "omar-sre")
    for other in (
        replace(given, release=release("c")),
        replace(given, settings={}),
        replace(given, trees={"code": {"model": "9" * 40}}),
    ):
        assert not decide(other).allowed


@pytest.mark.parametrize("set_back", [timedelta(0), HOUR])
def test_it_is_spent_when_the_release_fails(set_back: timedelta) -> None:
    """Again is a new emergency, with a new reason; also where a clock was set back in between."""
    given = broken(burning(), "omar-sre")
    failed = replace(given, own=history(*given.own, entry(Kind.FAILED, NEW, set_back)))
    assert "given before the release failed here" in decide(failed).text("prod", NEW.id)


def test_nobody_breaks_the_glass_where_the_policy_names_nobody() -> None:
    """Neither by naming himself in the settings that he wants to deploy."""
    for rule in (None, RULE):
        assert not decide(broken(burning(rule), "mallory")).allowed
    myself = POLICY.model_copy(update={"break_glass": BreakGlass(approvers=("user/mallory",))})
    given = replace(burning(), approval=myself, settings={"approval": "mallory"})
    decision = decide(broken(given, "mallory"))
    assert not decision.allowed
    assert "approval.breakGlass.approvers" in decision.text("prod", NEW.id)


def test_an_emergency_gives_nobody_power() -> None:
    """The change goes in with whatever policy it declares; the one before goes on deciding."""
    given = replace(burning(), approval=Approval(), teams={**TEAMS, "sre": frozenset({"mallory"})}, settings={"a": "b"})
    given = broken(given, "omar-sre")
    assert decide(given).allowed
    assert "which changes the policy in force" in decide(given).text("prod", NEW.id)
    assert policy_after(given) == given.policy
    assert policy_after(given).approval == POLICY


def test_the_issue_tells_who_and_why() -> None:
    """In the words of whoever did it, without effect in Markdown."""
    told = Emergency("prod", NEW.id, "f" * 64, "omar-sre: `logins` | fail; not met: 0 of 2 approvals")
    assert told.title == f"BREAK-GLASS: {NEW.id} on prod"
    assert "- `omar-sre: 'logins' / fail; not met: 0 of 2 approvals`" in emergency_text(told)


def test_a_rollback_needs_no_glass_broken() -> None:
    """Nor does a freeze hold it."""
    frozen: Entry = entry(Kind.FROZEN, reasons=("holiday",))
    given = burning(release=OLD)
    assert decide(replace(given, own=(*given.own, frozen))).allowed
