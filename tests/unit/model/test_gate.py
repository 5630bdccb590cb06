"""The gate: what it lets through, what it refuses, and what it says."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from model.approval import Approval
from model.fingerprint import parts_of
from model.gate import decide, needs_plan
from model.gate_input import GateInput, Unreachable
from model.ledger import Kind, instant
from model.provenance import Provenance
from model.release import Author
from model.saved_plan import PlanFile
from tests.unit.model.gate_world import (
    APPROVAL,
    NEW,
    NIGHTLY,
    NOW,
    OLD,
    PEOPLE,
    SETTINGS,
    TREES,
    approvals,
    approved,
    asked,
    entry,
    history,
    images,
    passed,
    release,
)

HOUR = timedelta(hours=1)
BOTH = ("skiffer-git", "omar-sre")
EVENING = NOW.replace(hour=18, minute=30)


def text(given: GateInput) -> str:
    decision = decide(given)
    assert not decision.allowed
    assert all(one.remedy for one in decision.reasons)
    return decision.text(given.stage, given.release.id)


def test_enough_of_everything_is_allowed() -> None:
    """Verified, soaked, tested, approved by two, one of them of sre, none an author."""
    assert decide(approved(*BOTH)).allowed


def test_every_reason_is_told_at_once() -> None:
    """In one line, with the next commands."""
    given = replace(asked(), source=history(entry(Kind.VERIFIED, NEW, timedelta(minutes=18))), approval=APPROVAL)
    given = replace(given, approvals=approvals(given, "skiffer-git"))
    assert text(given) == (
        "prod refuses v3.8.4+bbbbbbb: soak 12 min left; 0 of 1 manual tests (by team/qa); "
        "1 of 2 approvals (needs one of team/sre); next: wait until 2026-07-22T08:12:00Z, "
        "then openim-cicd test pass --note TEXT, by team/qa, then openim-cicd approve prod"
    )


def test_only_approvals_lacking_reads_briefly() -> None:
    """What a release manager reads most often."""
    assert text(approved("omar-sre")) == (
        "prod refuses v3.8.4+bbbbbbb: 1 of 2 approvals (by team/release-managers or team/sre); "
        "next: openim-cicd approve prod"
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (approved("omar-sre", "mallory"), "mallory's does not count: not one of team/release-managers or team/sre"),
        (approved("omar-sre", "withchao"), "withchao's does not count: an author of the release"),
        (approved(*BOTH, before=timedelta(hours=72)), "omar-sre's does not count: expired at 2026-07-22T08:00:00Z"),
        (approved(*BOTH, before=-HOUR), "given at 2026-07-22T09:00:00Z, which is yet to come"),
        (approved("omar-sre", "ines-sre", given=asked(proposers=(PEOPLE["ines-sre"],))), "proposed the change"),
        (approved("skiffer-git"), "needs one of team/sre"),
        (replace(asked(), approvals=approvals(asked(release=release("c")), *BOTH)), "it is for another fingerprint"),
        (
            replace(asked(), approvals=approvals(asked(settings={"cluster": {"namespace": "x"}}), *BOTH)),
            "it is for another fingerprint",
        ),
    ],
)
def test_an_approval_that_does_not_count_is_named(given: GateInput, why: str) -> None:
    """Whose it is and why."""
    assert why in text(given)


def test_one_person_counts_once() -> None:
    """Twice by one person, under a new login too, is one approval."""
    given = asked(teams={**asked().teams, "sre": frozenset({"omar-sre", "omar-renamed"})})
    twice = approvals(given, "omar-sre", "omar-sre")
    renamed = (twice[0], twice[1].model_copy(update={"login": "omar-renamed"}))
    for both in (twice, renamed):
        assert "1 of 2 approvals" in text(replace(given, approvals=both))


def test_an_author_under_another_name_is_known_by_id() -> None:
    """Names in git can be forged and logins change; the id stays."""
    author = Author(login="an-older-name", id=PEOPLE["skiffer-git"].id)
    given = asked(release=NEW.model_copy(update={"authors": (author,)}))
    assert "skiffer-git's does not count: an author" in text(approved(*BOTH, given=given))


def test_authors_may_approve_where_the_stage_says_so() -> None:
    """SelfApproval."""
    given = asked(approval=APPROVAL.model_copy(update={"self_approval": True}))
    assert decide(approved("withchao", "omar-sre", given=given)).allowed


def test_too_few_people_is_another_remedy() -> None:
    """Nobody is sent to approve who could not: the settings must name more people."""
    authors = tuple(Author(login=name, id=PEOPLE[name].id) for name in ("omar-sre", "ines-sre"))
    given = asked(release=NEW.model_copy(update={"authors": authors}))
    assert "next: name more people than the change's own authors in team/sre" in text(given)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ((), "not verified on staging; 0 of 1 manual tests"),
        (history(entry(Kind.DEPLOYED, NEW), passed()), "not verified on staging"),
        (history(entry(Kind.VERIFIED, NEW, HOUR), entry(Kind.FAILED, NEW), passed()), "failed on staging"),
        (
            history(
                entry(Kind.VERIFIED, NEW, HOUR),
                entry(Kind.WITHDRAWN, NEW, actor=PEOPLE["lin-tester"], reasons=("login hangs",)),
            ),
            "withdrawn on staging by lin-tester at 2026-07-22T08:00:00Z (login hangs)",
        ),
        (
            history(entry(Kind.VERIFIED, NEW, HOUR, evidence={"images": images("c")}), passed()),
            "staging verified other digests under this id",
        ),
        (history(entry(Kind.VERIFIED, NEW, HOUR)), "0 of 1 manual tests (by team/qa)"),
        (history(entry(Kind.VERIFIED, NEW, HOUR), passed("mallory")), "0 of 1 manual tests"),
        (history(entry(Kind.VERIFIED, NEW, HOUR), passed(of=OLD)), "0 of 1 manual tests"),
    ],
)
def test_what_staging_did_not_show(source: tuple, why: str) -> None:  # type: ignore[type-arg]
    """Each lack of evidence has its own words, whatever was approved."""
    assert why in text(approved(*BOTH, given=asked(source=source)))


def test_soaking_begins_anew_after_a_failure() -> None:
    """Verified again after it failed, a release soaks from then on."""
    source = history(
        entry(Kind.VERIFIED, NEW, 5 * HOUR), entry(Kind.FAILED, NEW, HOUR), entry(Kind.VERIFIED, NEW), passed()
    )
    assert "soak 30 min left" in text(approved(*BOTH, given=asked(source=source)))


def test_a_second_verification_does_not_prolong_the_soak() -> None:
    """Looking again at what works is no reason to wait again."""
    source = history(entry(Kind.VERIFIED, NEW, HOUR), entry(Kind.VERIFIED, NEW), passed())
    assert decide(approved(*BOTH, given=asked(source=source))).allowed


def test_who_withdrew_may_take_it_back() -> None:
    """By passing the release; another tester's pass does not."""
    withdrawn = entry(Kind.WITHDRAWN, NEW, actor=PEOPLE["lin-tester"])
    for by, allowed in (("lin-tester", True), ("mallory", False)):
        source = history(entry(Kind.VERIFIED, NEW, HOUR), passed(), withdrawn, passed(by))
        assert decide(approved(*BOTH, given=asked(source=source))).allowed is allowed


def test_staging_out_of_reach_is_its_own_message() -> None:
    """Not the same as not verified."""
    told = text(approved(*BOTH, given=asked(source_deployed=Unreachable("the backend does not answer"))))
    assert told == (
        "prod refuses v3.8.4+bbbbbbb: staging cannot be asked: the backend does not answer; "
        "next: reach staging's backend"
    )


def test_a_ledger_without_a_staging_is_not_believed() -> None:
    """Entries alone, where staging itself has deployed nothing, prove nothing."""
    assert "staging has deployed nothing" in text(approved(*BOTH, given=asked(source_deployed=None)))


@pytest.mark.parametrize(
    ("given", "basis"),
    [
        (asked(deployed=None, own=()), "first deployment of an empty stage"),
        (asked(release=OLD), "this very change is deployed"),
        (
            asked(deployed=None, own=history(entry(Kind.VERIFIED, NEW, fingerprint=asked().fingerprint))),
            "this very change",
        ),
        (
            asked(own=history(entry(Kind.DEPLOYING, NEW, fingerprint=asked().fingerprint))),
            "finishes the deployment begun at",
        ),
        (asked(release=release("c"), own=history(entry(Kind.VERIFIED, release("c"), HOUR))), "back to what worked"),
        (asked(release=release("c"), own=history(entry(Kind.ROLLEDBACK, release("c"), HOUR))), "back to what worked"),
    ],
)
def test_what_needs_nobodys_word(given: GateInput, basis: str) -> None:
    """Also in a freeze, and with staging out of reach."""
    frozen = replace(
        given,
        now=EVENING,
        approval=APPROVAL.model_copy(update={"freeze_windows": (NIGHTLY,)}),
        source_deployed=Unreachable("gone"),
        own=(*given.own, entry(Kind.FROZEN, reasons=("a holiday",))) if given.own else (),
    )
    for one in (given, frozen):
        decision = decide(one)
        assert decision.allowed
        assert basis in decision.text("prod", one.release.id)


def test_no_way_back_to_what_never_worked_here() -> None:
    """Deployed is not verified; other digests under the same id are another release; what failed since is bad."""
    third = release("c")
    for own in (
        history(entry(Kind.DEPLOYED, third, HOUR)),
        history(entry(Kind.VERIFIED, third, HOUR, evidence={"images": images("d")})),
        history(entry(Kind.VERIFIED, third, HOUR), entry(Kind.FAILED, third)),
    ):
        assert "0 of 2 approvals" in text(asked(release=third, own=own))


def test_no_way_back_with_other_settings() -> None:
    """A change of settings does not slip in beside a rollback."""
    third = release("c")
    smuggled = {**SETTINGS, "cluster": {"namespace": "elsewhere"}}
    given = asked(release=third, own=history(entry(Kind.VERIFIED, third, HOUR)), settings=smuggled)
    assert "0 of 2 approvals" in text(given)


def test_no_way_back_with_other_code() -> None:
    """Nor does a change of code, estate or lock: going back changes digests and nothing else."""
    third = release("c")
    for name in TREES:
        smuggled = {**TREES, name: {"model": "f" * 40}}
        given = asked(release=third, own=history(entry(Kind.VERIFIED, third, HOUR)), trees=smuggled)
        assert "0 of 2 approvals" in text(given)


def test_back_from_a_deployment_that_was_let_in() -> None:
    """With its settings and its code, whether it came to its end or not; nothing else that is new comes along."""
    later, trees = {"cluster": {"namespace": "later"}}, {"code": {"model": "4" * 40}}
    parts = parts_of(NEW, later, trees)
    begun = entry(
        Kind.DEPLOYING, NEW, fingerprint=parts.fingerprint, evidence={"signed": parts.model_dump(mode="json")}
    )
    given = asked(release=OLD, settings=later, trees=trees, own=history(entry(Kind.VERIFIED, OLD, HOUR), begun))
    assert "back to what worked here" in decide(given).text("prod", OLD.id)
    assert "0 of 2 approvals" in text(replace(given, settings={"cluster": {"namespace": "even later"}}))
    forged = begun.model_copy(update={"fingerprint": "0" * 64})
    assert "0 of 2 approvals" in text(replace(given, own=(*given.own[:1], forged)))


def test_what_moved_since_the_proposal_is_told() -> None:
    """Beside the approvals that are lacking, since it is why."""
    moved = "code moved: model/gate.py changed (model 1a2b -> 3c4d)"
    assert f"0 of 2 approvals (needs one of team/sre); since it was proposed: {moved}; next:" in text(
        asked(moved=(moved,))
    )


def test_authors_cannot_be_dropped_after_the_approval() -> None:
    """Who wrote a release is signed with it."""
    given = approved("withchao", "omar-sre")
    dropped = replace(given, release=NEW.model_copy(update={"authors": ()}))
    assert "withchao's does not count: it is for another fingerprint" in text(dropped)


def test_settings_alone_need_approval_and_no_evidence() -> None:
    """What runs here already has nothing left to show on staging."""
    given = asked(release=OLD, settings={"cluster": {"namespace": "other"}}, source=())
    assert text(given).startswith("prod refuses v3.8.4+aaaaaaa: 0 of 2 approvals (needs one of team/sre); next:")
    assert decide(approved(*BOTH, given=given)).allowed


def test_a_release_that_failed_here_needs_new_approvals() -> None:
    """Those given before it failed are spent."""
    own = history(entry(Kind.VERIFIED, OLD, 5 * HOUR), entry(Kind.FAILED, NEW, HOUR), entry(Kind.ROLLEDBACK, OLD, HOUR))
    assert "given before the release failed here" in text(approved(*BOTH, given=asked(own=own), before=2 * HOUR))
    assert decide(approved(*BOTH, given=asked(own=own), before=timedelta(minutes=1))).allowed


def test_an_unfinished_deployment_of_a_withdrawn_release_is_not_finished() -> None:
    """It goes back instead."""
    given = asked(
        own=history(entry(Kind.VERIFIED, OLD, HOUR), entry(Kind.DEPLOYING, NEW, fingerprint=asked().fingerprint))
    )
    withdrawn = replace(given, source=(*given.source, entry(Kind.WITHDRAWN, NEW)))
    assert decide(given).allowed
    assert "withdrawn on staging" in text(withdrawn)


def test_a_freeze_holds_what_is_approved() -> None:
    """Until when, or by whom and why, and how it ends."""
    window = approved(
        *BOTH, given=asked(now=EVENING, approval=APPROVAL.model_copy(update={"freeze_windows": (NIGHTLY,)}))
    )
    assert text(window) == (
        "prod refuses v3.8.4+bbbbbbb: frozen until 2026-07-22T20:00:00Z; next: wait until 2026-07-22T20:00:00Z"
    )
    own = history(entry(Kind.VERIFIED, OLD, HOUR), entry(Kind.FROZEN, actor=PEOPLE["omar-sre"], reasons=("launch",)))
    assert text(approved(*BOTH, given=asked(own=own))) == (
        "prod refuses v3.8.4+bbbbbbb: frozen by omar-sre since 2026-07-22T08:00:00Z: launch; "
        "next: openim-cicd freeze prod --thaw"
    )
    assert decide(approved(*BOTH, given=asked(own=(*own, entry(Kind.THAWED))))).allowed


def test_a_stage_that_asks_nobody_only_freezes() -> None:
    """Staging: no promotion, nobody to ask."""
    given = asked(promotion=None, approval=Approval(), source=(), source_deployed=None)
    assert decide(given).allowed
    assert "frozen by" in text(replace(given, own=(*given.own, entry(Kind.FROZEN))))


def test_the_clock_that_counts_is_real_time() -> None:
    """An approval is good for 72 hours, also over the night in which clocks are changed."""
    zone = ZoneInfo("Europe/Berlin")
    given_at = datetime(2026, 10, 23, 12, 0, tzinfo=zone)
    given = asked(now=given_at, source=history(entry(Kind.VERIFIED, NEW, HOUR), passed()))
    signed = approvals(given, *BOTH, before=timedelta(0))
    # Monday 11:00 in winter time is 72 hours after Friday 12:00 in summer time.
    for minutes, allowed in ((-1, True), (0, False)):
        now = datetime(2026, 10, 26, 11, 0, tzinfo=zone) + timedelta(minutes=minutes)
        assert decide(replace(given, now=now, approvals=signed)).allowed is allowed


def test_a_clock_that_is_set_back_brings_no_spent_approval_back() -> None:
    """The ledger's order says that it was given before the release failed, whatever the times say."""
    given = approved("skiffer-git", "omar-sre", before=timedelta(minutes=10))
    at = instant(given.approvals[0].at)
    told = [
        entry(Kind.APPROVED, NEW, actor=PEOPLE[name], fingerprint=given.fingerprint, evidence={"given": at})
        for name in ("skiffer-git", "omar-sre")
    ]
    earlier = entry(Kind.FAILED, NEW, timedelta(hours=2))
    verified = entry(Kind.VERIFIED, OLD, timedelta(days=1))
    spent = replace(given, own=history(verified, *told, earlier))
    assert "given before the release failed here" in decide(spent).text("prod", NEW.id)
    fresh = replace(given, own=history(verified, earlier, *told))
    assert "given before" not in decide(fresh).text("prod", NEW.id)


def planned(given: GateInput, mark: str = "d", fault: str = "") -> GateInput:
    """With a saved plan of its own, where one is required."""
    plan = PlanFile(release=given.release.id, fingerprint=given.fingerprint, artifact=f"sha256:{mark * 64}")
    return replace(given, plan=plan, plan_fault=fault)


PLANNED = APPROVAL.model_copy(update={"require_saved_plan": True})


def test_an_approval_is_for_one_plan() -> None:
    """With the plan that was approved the change is let in; with another, or none, nobody has approved it."""
    given = planned(approved(*BOTH, given=asked(approval=PLANNED)))
    said = text(given)
    assert "0 of 2 approvals" in said
    assert "skiffer-git's does not count: it is for no plan, and here a plan is approved" in said
    digest = given.plan.plan if given.plan else ""
    words = tuple(one.model_copy(update={"plan": digest}) for one in given.approvals)
    given = replace(given, approvals=words)
    assert decide(given).allowed
    assert f"it is for another plan ({digest})" in text(planned(given, "e"))


def test_a_plan_that_does_not_hold_is_refused() -> None:
    """Whoever has approved it; and so is a change without a plan."""
    given = asked(approval=PLANNED)
    assert "no plan was saved for it" in text(given)
    given = planned(given, fault="is older than the state: Deployment openim-api changed")
    assert given.plan
    words = [one.model_copy(update={"plan": given.plan.plan}) for one in approvals(given, *BOTH)]
    assert text(replace(given, approvals=tuple(words))) == (
        "prod refuses v3.8.4+bbbbbbb: its saved plan is older than the state: Deployment openim-api changed; "
        "next: openim-cicd promote prod, which saves a new one"
    )


def test_a_way_back_needs_no_plan() -> None:
    """Only digests change, to what worked here."""
    given = asked(approval=PLANNED, release=OLD)
    assert decide(given).allowed
    assert not needs_plan(given)


def test_an_image_that_ci_did_not_build_is_refused() -> None:
    """For good, whoever has approved it; where the policy in force asks for provenance, whatever is declared."""
    fault = "openim-api@sha256:bbbb is not known to be built by openimsdk/open-im-server at aaaa: nobody has vouched"
    given = asked(provenance=Provenance(), unproven=(fault,))
    given = replace(given, approvals=approvals(given, *BOTH))
    assert text(given) == (
        f"prod refuses v3.8.4+bbbbbbb: {fault}; "
        "next: a release of what CI has built and vouched for, by openim-cicd release create"
    )
    assert [one.final for one in decide(given).reasons] == [True]
    lenient = replace(given, provenance=None)
    assert text(lenient).startswith("prod refuses v3.8.4+bbbbbbb, which changes the policy in force (provenance")
    assert decide(replace(asked(unproven=(fault,)), approvals=given.approvals)).allowed
