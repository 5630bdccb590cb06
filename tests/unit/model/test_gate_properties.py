"""What the gate promises whatever happened: no way around it, and no way into a dead end."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from model.approval import Approval
from model.approvals_file import Given
from model.gate import always, decide
from model.gate_input import GateInput
from model.ledger import Entry, Kind, found_bad
from model.policy import resolved
from tests.unit.model.gate_world import (
    APPROVAL,
    NEW,
    NIGHTLY,
    NOW,
    OLD,
    PEOPLE,
    PROMOTION,
    TEAMS,
    TREES,
    asked,
    entry,
    genesis,
    history,
    release,
    runs,
)

NAMES = sorted(PEOPLE)
RELEASES = (OLD, NEW, release("c"))
MOMENTS = st.integers(0, 200).map(lambda hours: timedelta(minutes=37 * hours))
STAFF = st.sampled_from([TEAMS, {**TEAMS, "sre": frozenset({"omar-sre", "ines-sre", "mallory"})}])
"""Teams as they are, and with somebody who has put himself in."""
FEW = settings(max_examples=80, deadline=None)


@st.composite
def entries(draw: st.DrawFn) -> tuple[Entry, ...]:
    kinds = st.sampled_from([kind for kind in Kind if kind not in {Kind.PROPOSED, Kind.APPROVED, Kind.GENESIS}])
    made = [
        entry(
            draw(kinds),
            draw(st.sampled_from(RELEASES)),
            draw(MOMENTS),
            actor=PEOPLE[draw(st.sampled_from(NAMES))],
            evidence={"verdict": draw(st.sampled_from(["pass", "fail"])), **draw(held())},
            fingerprint=draw(st.sampled_from(["", asked().fingerprint])),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]
    return history(*sorted(made, key=lambda one: one.at))


@st.composite
def approvals(draw: st.DrawFn) -> tuple[Given, ...]:
    return tuple(
        Given(
            login=name,
            id=PEOPLE[name].id,
            at=NOW - draw(MOMENTS) + timedelta(hours=1),
            how="review",
            fingerprint=draw(st.sampled_from([asked().fingerprint, "0" * 64])),
        )
        for name in draw(st.lists(st.sampled_from(NAMES), max_size=6))
    )


@st.composite
def policies(draw: st.DrawFn) -> Approval:
    return APPROVAL.model_copy(
        update={
            "required": draw(st.integers(0, 3)),
            "at_least_one_from": draw(st.sampled_from([(), ("team/sre",)])),
            "self_approval": draw(st.booleans()),
            "freeze_windows": draw(st.sampled_from([(), (NIGHTLY,)])),
        }
    )


def held() -> st.SearchStrategy[dict[str, Any]]:
    """A policy that an entry holds, or none."""
    made = st.builds(lambda policy, teams: {"policy": resolved(policy, PROMOTION, teams, {}).data}, policies(), STAFF)
    return st.one_of(st.just({}), made)


@st.composite
def worlds(draw: st.DrawFn) -> GateInput:
    first = entry(Kind.GENESIS, before=timedelta(days=30), evidence=draw(held()))
    return asked(
        own=history(first, *draw(entries())),
        teams=draw(STAFF),
        trees=draw(st.sampled_from([TREES, {**TREES, "code": {"model": "f" * 40}}])),
        deployed=draw(st.sampled_from([None, runs(OLD), runs(NEW), runs(release("c"))])),
        source=draw(entries()),
        source_deployed=draw(st.sampled_from([None, runs(OLD), runs(NEW)])),
        approval=draw(policies()),
        promotion=draw(st.sampled_from([None, PROMOTION])),
        approvals=draw(approvals()),
        proposers=draw(st.sampled_from([(), (PEOPLE["omar-sre"],)])),
        now=NOW + draw(MOMENTS),
    )


@FEW
@given(worlds())
def test_nothing_passes_without_enough_good_approvals(world: GateInput) -> None:
    """Counted here a second time, in other words than the gate's."""
    if not decide(world).allowed or always(world):
        return
    policy, people = in_force(world)
    kept = {one.id: one for one in world.approvals if _good(world, one, policy, people)}
    assert len(kept) >= policy["required"]
    for group in policy["atLeastOneFrom"] if policy["required"] else ():
        assert any(one.login in people[group] for one in kept.values())


def in_force(world: GateInput) -> tuple[dict[str, Any], dict[str, set[str]]]:
    """What the newest entry that may hold a policy says, else what is deployed, and nobody else."""
    told = [one for one in world.own if one.kind in {Kind.GENESIS, Kind.VERIFIED, Kind.ROLLEDBACK}]
    found = [one.evidence["policy"] for one in told if one.evidence.get("policy")]
    if not found and world.deployed:
        assert world.deployed.policy
        found = [world.deployed.policy.data]
    people = {name: {one["login"] for one in who} for name, who in found[-1]["people"].items()}
    return found[-1]["approval"], people


def _good(world: GateInput, one: Given, policy: dict[str, Any], people: dict[str, set[str]]) -> bool:
    authors = {author.id for author in world.release.authors} | {who.id for who in world.proposers}
    age = world.now - one.at
    return (
        one.fingerprint == world.fingerprint
        and one.login in people["team/sre"] | people["team/release-managers"]
        and (policy["selfApproval"] or one.id not in authors)
        and -timedelta(minutes=5) <= age < timedelta(hours=72)
    )


@FEW
@given(worlds())
def test_nothing_passes_that_staging_did_not_show(world: GateInput) -> None:
    """Verified there with these digests, and nothing stands against it."""
    runs_here = world.running is not None and world.running.release == world.release.id
    if not decide(world).allowed or always(world) or world.policy.promotion is None or runs_here:
        return
    seen = [one for one in world.source if one.kind in {Kind.VERIFIED, Kind.ROLLEDBACK}]
    assert any(one.images == world.release.images for one in seen)
    assert found_bad(world.source, world.release.id) is None


@FEW
@given(worlds())
def test_every_refusal_names_a_next_step(world: GateInput) -> None:
    """And a reason; an allowance says on what grounds."""
    decision = decide(world)
    told = decision.text(world.stage, world.release.id)
    if decision.allowed:
        assert decision.basis
        assert not decision.reasons
    else:
        assert all(one.text and one.remedy for one in decision.reasons)
        assert told.count("; next: ") == 1
        assert told.partition("; next: ")[2]


@FEW
@given(worlds())
def test_what_time_and_people_can_mend_is_mended(world: GateInput) -> None:
    """Whatever is not final ends: testers test, the freeze is lifted, eligible people approve, time goes by."""
    decision = decide(world)
    if any(one.final for one in decision.reasons):
        return
    world = replace(world, proposers=())
    numbers = count(100)
    later = (NOW + timedelta(days=30)).replace(hour=12)
    own = (*world.own, entry(Kind.THAWED).model_copy(update={"seq": next(numbers)}))
    if world.recorded is None:
        own = (*own, genesis(world).model_copy(update={"seq": next(numbers)}))
    tested = entry(Kind.TESTED, NEW, actor=PEOPLE["lin-tester"], evidence={"verdict": "pass"})
    signed = tuple(
        Given(
            login=name,
            id=PEOPLE[name].id,
            at=later - timedelta(minutes=1),
            how="command",
            fingerprint=world.fingerprint,
        )
        for name in ("skiffer-git", "omar-sre", "ines-sre")
    )
    mended = replace(
        world,
        now=later,
        own=own,
        source=(*world.source, tested.model_copy(update={"seq": next(numbers)})),
        approvals=signed,
    )
    assert decide(mended).allowed, decide(mended).text("prod", mended.release.id)


@FEW
@given(worlds(), st.sampled_from(sorted(PEOPLE)))
def test_taking_an_approval_away_never_helps(world: GateInput, name: str) -> None:
    """Allowed with fewer is allowed with more."""
    fewer = replace(world, approvals=tuple(one for one in world.approvals if one.login != name))
    assert decide(world).allowed or not decide(fewer).allowed


@FEW
@given(worlds())
def test_going_back_needs_neither_staging_nor_people_nor_time(world: GateInput) -> None:
    """What worked here and was not found bad since may always come back under the same settings."""
    for one in world.own:
        good = one.kind in {Kind.VERIFIED, Kind.ROLLEDBACK} and found_bad(world.own, one.release) is None
        back = next((r for r in RELEASES if r.id == one.release), OLD)
        same = world.running is not None and world.running.signed is not None and world.trees == TREES
        if good and same:
            assert decide(replace(world, release=back, source=(), source_deployed=None, approvals=())).allowed
