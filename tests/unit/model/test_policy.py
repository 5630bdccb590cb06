"""Who decides: the policy that a verified deployment left, not the one that somebody has just written."""

from dataclasses import replace
from datetime import timedelta

import pytest

from model.approval import Approval, ManualTest
from model.gate import decide, policy_after
from model.gate_input import GateInput
from model.ledger import Actor, Kind
from model.policy import Policy, changes, recorded, resolved
from model.promotion_text import body
from tests.unit.model.gate_world import (
    APPROVAL,
    NEW,
    NIGHTLY,
    OLD,
    PEOPLE,
    PROMOTION,
    TEAMS,
    approvals,
    approved,
    asked,
    entry,
    genesis,
    history,
)

HOUR = timedelta(hours=1)
BOTH = ("skiffer-git", "omar-sre")


def governed(**declared: object) -> GateInput:
    """A stage under the ordinary policy, whose settings or teams declare another."""
    own = history(genesis(asked()), entry(Kind.VERIFIED, OLD, timedelta(days=1)))
    # What settings and teams say is part of what is signed.
    settings = {"cluster": {"namespace": "openim"}, "declared": str(sorted(declared.items()))}
    return asked(own=own, **{"settings": settings, **declared})


POWER = [
    ({"approval": Approval()}, "approval.required: 2 -> 0"),
    ({"approval": APPROVAL.model_copy(update={"required": 1})}, "approval.required: 2 -> 1"),
    (
        {"approval": APPROVAL.model_copy(update={"at_least_one_from": ()})},
        'approval.atLeastOneFrom: ["team/sre"] -> []',
    ),
    ({"approval": APPROVAL.model_copy(update={"self_approval": True})}, "approval.selfApproval: false -> true"),
    (
        {"approval": APPROVAL.model_copy(update={"expires_after": timedelta(days=99)})},
        "approval.expiresAfter: 3d -> 99d",
    ),
    ({"approval": Approval(required=1, approvers=("user/mallory",))}, "user/mallory: +mallory"),
    ({"teams": {**TEAMS, "sre": frozenset({"omar-sre", "mallory"})}}, "team/sre: +mallory -ines-sre"),
    ({"promotion": None}, "promotion.from: staging -> none"),
    (
        {"promotion": PROMOTION.model_copy(update={"manual_test": ManualTest()})},
        "promotion.manualTest.required: 1 -> 0",
    ),
]


@pytest.mark.parametrize(("declared", "told"), POWER)
def test_nobody_approves_himself_into_power(declared: dict[str, object], told: str) -> None:
    """Whatever is declared: it takes what the policy in force takes, and the refusal names it first."""
    given = governed(**declared)
    mallory = replace(given, approvals=approvals(given, "mallory", "withchao"))
    decision = decide(mallory)
    assert not decision.allowed
    said = decision.text("prod", NEW.id)
    assert said.startswith(f"prod refuses {NEW.id}, which changes the policy in force (")
    assert told in said
    assert "0 of 2 approvals (needs one of team/sre)" in said
    assert "mallory's does not count: not one of team/release-managers or team/sre" in said


@pytest.mark.parametrize(("declared", "told"), POWER)
def test_a_policy_is_changed_by_those_whom_the_one_in_force_names(declared: dict[str, object], told: str) -> None:
    """They approve it like any other change; it is in force once it was deployed and works."""
    given = approved(*BOTH, given=governed(**declared))
    decision = decide(given)
    assert decision.allowed
    assert told in decision.text("prod", NEW.id)
    after = policy_after(given)
    assert after == given.declared
    assert after != given.policy


def test_a_policy_that_is_deployed_and_not_verified_is_not_in_force() -> None:
    """Deployed, failed, errored or refused: the one before decides on."""
    given = governed(approval=Approval())
    held = {"policy": given.declared.data}
    for kind in (Kind.DEPLOYING, Kind.DEPLOYED, Kind.FAILED, Kind.ERRORED, Kind.REFUSED, Kind.APPROVED):
        assert replace(given, own=(*given.own, entry(kind, NEW, evidence=held))).policy.approval.required == 2
    for kind in (Kind.VERIFIED, Kind.ROLLEDBACK):
        assert replace(given, own=(*given.own, entry(kind, NEW, evidence=held))).policy.approval.required == 0


def test_going_back_changes_nobodys_power() -> None:
    """Nobody is asked, so nothing that was declared beside it comes into force."""
    given = governed(approval=Approval(), release=OLD)
    assert policy_after(given) == given.policy
    assert policy_after(given).approval.required == 2


def test_an_interrupted_deployment_brings_what_it_was_approved_for() -> None:
    """Also where its approvals have expired until it is finished."""
    given = governed(approval=Approval())
    begun = entry(Kind.DEPLOYING, NEW, HOUR, fingerprint=given.fingerprint, evidence={"policy": given.declared.data})
    later = replace(given, own=(*given.own, begun))
    assert decide(later).allowed
    assert policy_after(later) == given.declared


def test_freeze_windows_in_force_hold_their_own_removal() -> None:
    """A window is not escaped by deleting it."""
    frozen = asked(approval=APPROVAL.model_copy(update={"freeze_windows": (NIGHTLY,)}))
    own = history(genesis(frozen), entry(Kind.VERIFIED, OLD, timedelta(days=1)))
    given = approved(*BOTH, given=asked(own=own, now=frozen.now.replace(hour=18, minute=30)))
    assert "frozen until 2026-07-22T20:00:00Z" in decide(given).text("prod", NEW.id)


def test_who_took_a_login_over_is_somebody_else() -> None:
    """The recorded policy knows ids, as far as the ledger does; a person keeps a new login."""
    known = asked(own=history(entry(Kind.APPROVED, OLD, actor=PEOPLE["omar-sre"])))
    own = history(genesis(known), entry(Kind.VERIFIED, OLD, timedelta(days=1)))
    given = approved(*BOTH, given=asked(own=own))
    assert decide(given).allowed
    skiffer, omar = given.approvals
    taken = replace(given, approvals=(skiffer, omar.model_copy(update={"id": 99})))
    assert "omar-sre's does not count: not one of" in decide(taken).text("prod", NEW.id)
    renamed = replace(given, approvals=(skiffer, omar.model_copy(update={"login": "omar-the-second"})))
    assert decide(renamed).allowed


def test_a_stage_whose_policy_nobody_recorded_takes_nothing_new() -> None:
    """The next step records it; what runs, and the way back, need none."""
    given = approved(*BOTH, given=asked())
    unknown = replace(given, deployed=given.deployed and replace(given.deployed, policy=None))
    assert decide(unknown).text("prod", NEW.id) == (
        f"prod refuses {NEW.id}: nobody recorded who decides about prod; next: openim-cicd policy prod --genesis"
    )
    assert decide(replace(unknown, release=OLD)).allowed


def test_the_ledger_says_more_than_the_outputs() -> None:
    """What is deployed may never have been verified, or not have been approved."""
    given = governed()
    weak = resolved(Approval(), None, TEAMS, {})
    assert replace(given, deployed=given.deployed and replace(given.deployed, policy=weak)).policy.approval == APPROVAL


def test_an_entry_holds_a_policy_whole() -> None:
    """Written and read again it is the same, ids too."""
    approval = APPROVAL.model_copy(update={"freeze_windows": (NIGHTLY,)})
    policy = resolved(approval, PROMOTION, TEAMS, {"omar-sre": 3})
    assert Policy.model_validate(policy.data) == policy
    assert policy.names(Actor(login="OMAR-SRE", id=3), ["team/sre"])
    assert not policy.names(Actor(login="lin-tester", id=5), ["team/sre"])
    assert policy.names(Actor(login="lin-tester", id=5), ["team/qa"])
    assert (
        list(changes(policy, policy.model_copy(update={"people": resolved(approval, PROMOTION, TEAMS, {}).people})))
        == []
    )


def test_the_newest_verified_deployment_counts() -> None:
    """Entries without a policy, as of a way back, leave it as it is."""
    given = governed()
    own = (*given.own, entry(Kind.ROLLEDBACK, OLD))
    assert recorded(own) == given.own[0]


@pytest.mark.parametrize("unlike", [None, ("the gate's own code moved: model/gate.py changed (model 1a -> 2b)",)])
def test_a_promotion_says_first_that_it_changes_who_decides(unlike: tuple[str, ...] | None) -> None:
    """Settings, teams or the gate's own code: no approver overlooks it."""
    given = governed() if unlike else governed(teams={**TEAMS, "sre": frozenset({"omar-sre", "mallory"})})
    lines = body(given, decide(given), OLD, (), unlike).splitlines()
    assert lines[1:3] == ["> [!CAUTION]", lines[2]]
    assert "This changes who decides about prod" in lines[2]
    assert any("`the gate's own code moved" in one or "`team/sre: +mallory -ines-sre`" in one for one in lines[3:7])
    quiet = governed()
    assert "CAUTION" not in body(quiet, decide(quiet), OLD, (), ())
