"""The gate: may this change be deployed on this stage now? Allowed, or every reason why not, each with a way out.

A pure function of what was gathered. What is always allowed: to finish or repeat what is deployed, to begin on an
empty stage, and to go back, with nothing but digests changed, to a release that was seen to work on this stage.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from model import ledger
from model.approval import SKEW, Promotion, frozen_until
from model.approvals_file import Given
from model.emergency import ALARM, emergency
from model.gate_input import Deployed, GateInput, Unreachable
from model.ledger import Actor, Kind, instant
from model.names import duration_text
from model.policy import Policy, of
from model.release import Release


@dataclass(frozen=True)
class Reason:
    """One thing that stands against the change."""

    text: str
    remedy: str
    """The next command, or what to wait for."""
    final: bool = False
    """Whether neither time nor people's word can help this release."""


@dataclass(frozen=True)
class Decision:
    """What the gate says."""

    allowed: bool
    basis: str = ""
    """Why it is allowed."""
    reasons: tuple[Reason, ...] = field(default=())
    policy: tuple[str, ...] = ()
    """How the change would decide otherwise than the policy in force, which judges it."""
    emergency: tuple[str, ...] = ()
    """Who broke the glass, and why; only where nothing else lets the change in."""

    def text(self, stage: str, release: str) -> str:
        """One line: every reason, then what to do next."""
        what = f"{release}, which changes the policy in force ({'; '.join(self.policy)})" if self.policy else release
        if self.allowed:
            return f"{f'{ALARM}: ' if self.emergency else ''}{stage} takes {what}: {self.basis}"
        steps = list(dict.fromkeys(one.remedy for one in self.reasons))
        return f"{stage} refuses {what}: {'; '.join(one.text for one in self.reasons)}; next: {', then '.join(steps)}"


def decide(given: GateInput) -> Decision:
    """Whether the change may be deployed."""
    basis = always(given)
    if basis:
        return Decision(True, basis, policy=given.policy_changes)
    proofs = (*_evidence(given), *_provenance(given), *_plan(given))
    reasons = (*proofs, *_approvals(given), *_freeze(given), *_policy(given))
    if not reasons:
        return Decision(True, "everything that it needs is there", policy=given.policy_changes)
    words = emergency(given.policy, given.own, given.fingerprint, given.now) if given.recorded else None
    if words and words.enough:
        basis = f"{', '.join(words.words)}; not met: {'; '.join(one.text for one in reasons)}"
        return Decision(True, basis, policy=given.policy_changes, emergency=words.words)
    if words:
        reasons = (*reasons, Reason(words.text, f"openim-cicd break-glass {given.stage} --reason TEXT"))
    return Decision(False, "", reasons, given.policy_changes)


def policy_after(given: GateInput) -> Policy:
    """What is in force once this change was deployed and works: what it declares, if that was approved; else as before.

    Going back, or doing in an emergency what nobody approved, changes nobody's power.
    """
    begun = ledger.unfinished(given.own)
    if begun and begun.fingerprint == given.fingerprint:
        return of(begun) or given.policy
    return given.policy if any(_approvals(given)) else given.declared


def _policy(given: GateInput) -> Iterator[Reason]:
    if given.recorded is None and given.running is not None:
        yield Reason(f"nobody recorded who decides about {given.stage}", f"openim-cicd policy {given.stage} --genesis")


def always(given: GateInput) -> str:
    """Why the change needs nobody's word, freeze or not; empty where it needs it."""
    running = given.running
    if running is None:
        return "first deployment of an empty stage"
    if running.fingerprint == given.fingerprint:
        return "this very change is deployed"
    begun = ledger.unfinished(given.own)
    if begun and begun.fingerprint == given.fingerprint and not ledger.found_bad(given.source, given.release.id):
        return f"finishes the deployment begun at {instant(begun.at)}"
    return _way_back(given, running)


def _way_back(given: GateInput, running: Deployed) -> str:
    worked = ledger.worked(given.own, given.release.id, given.release.images)
    if worked is None or ledger.found_bad(given.own, given.release.id):
        return ""
    only_digests = any(_is(given, base) for base in _bases(given, running))
    return f"back to what worked here at {instant(worked.at)}, with only digests changed" if only_digests else ""


def _bases(given: GateInput, running: Deployed) -> Iterator[Deployed]:
    """What the way back starts from: what runs, and what was let in last, which may have left the stage half done."""
    yield running
    begun = ledger.last(given.own, Kind.DEPLOYING)
    parts = begun and ledger.signed(given.own, begun.fingerprint)
    if parts:
        yield Deployed(parts.release.id, parts.release.images, parts.fingerprint, parts.release)


def _is(given: GateInput, base: Deployed) -> bool:
    """Whether ``base``, under the settings and trees at hand, would be what it was."""
    return (
        base.signed is not None
        and given.parts.model_copy(update={"release": base.signed}).fingerprint == base.fingerprint
    )


def _evidence(given: GateInput) -> Iterator[Reason]:
    """What the release must have shown on the stage that it comes from."""
    running = given.running
    runs_here = running is not None and (running.release, dict(running.images)) == _identity(given.release)
    promotion = given.policy.promotion
    if promotion is None or runs_here:
        return
    origin = promotion.source
    if isinstance(given.source_deployed, Unreachable):
        yield Reason(f"{origin} cannot be asked: {given.source_deployed.reason}", f"reach {origin}'s backend")
    bad = ledger.found_bad(given.source, given.release.id)
    since = ledger.verified_since(given.source, given.release.id, given.release.images)
    if bad:
        yield _bad(origin, bad)
    elif since is None or given.source_deployed is None:
        yield _unverified(given, origin)
    else:
        yield from _soak(given, promotion, since.at)
    yield from _tests(given, promotion)


def _identity(release: Release) -> tuple[str, dict[str, str]]:
    return release.id, dict(release.images)


def _bad(origin: str, entry: ledger.Entry) -> Reason:
    said = f" ({'; '.join(entry.reasons)})" if entry.reasons else ""
    return Reason(
        f"{entry.kind.value} on {origin} by {entry.actor.login} at {instant(entry.at)}{said}",
        "a release with the fix, by openim-cicd release create",
        final=True,
    )


def _unverified(given: GateInput, origin: str) -> Reason:
    deployed = given.source_deployed
    seen = any(one.release == given.release.id and one.kind in ledger.WORKING for one in given.source)
    other = (
        isinstance(deployed, Deployed)
        and deployed.release == given.release.id
        and dict(deployed.images) != dict(given.release.images)
    )
    if deployed is None:
        return Reason(f"{origin} has deployed nothing", f"openim-cicd deploy {origin}", final=True)
    if seen or other:
        return Reason(
            f"{origin} verified other digests under this id",
            f"openim-cicd promote {given.stage}, which takes {origin}'s own",
            final=True,
        )
    return Reason(f"not verified on {origin}", f"openim-cicd deploy {origin}", final=True)


def _soak(given: GateInput, promotion: Promotion, since: datetime) -> Iterator[Reason]:
    left = since + promotion.soak_time - given.now
    if promotion.soak_time and left > timedelta(0):
        yield Reason(f"soak {_minutes(left)} left", f"wait until {instant(since + promotion.soak_time)}")


def _tests(given: GateInput, promotion: Promotion) -> Iterator[Reason]:
    wanted = promotion.manual_test
    words = ledger.tests(given.source, given.release.id)
    passed = [one for one in words if one.passed and given.policy.names(one.actor, wanted.testers)]
    if len(passed) < wanted.required:
        yield Reason(
            f"{len(passed)} of {wanted.required} manual tests (by {_any(wanted.testers)})",
            f"openim-cicd test pass --note TEXT, by {_any(wanted.testers)}",
        )


def _provenance(given: GateInput) -> Iterator[Reason]:
    if given.policy.provenance:
        remedy = "a release of what CI has built and vouched for, by openim-cicd release create"
        yield from (Reason(one, remedy, final=True) for one in given.unproven)


def needs_plan(given: GateInput) -> bool:
    """Whether the change may only be applied by its saved plan, by the policy in force."""
    return given.policy.approval.require_saved_plan and not always(given)


def _plan(given: GateInput) -> Iterator[Reason]:
    if not given.policy.approval.require_saved_plan:
        return
    stage = given.stage
    if given.plan is None:
        why = f" ({given.plan_fault})" if given.plan_fault else ""
        yield Reason(f"no plan was saved for it{why}", f"openim-cicd plan {stage}")
    elif given.plan_fault:
        yield Reason(f"its saved plan {given.plan_fault}", f"openim-cicd promote {stage}, which saves a new one")


def _freeze(given: GateInput) -> Iterator[Reason]:
    until = frozen_until(given.policy.approval.freeze_windows, given.now)
    if until:
        yield Reason(f"frozen until {instant(until)}", f"wait until {instant(until)}")
    entry = ledger.frozen(given.own)
    if entry:
        said = f": {'; '.join(entry.reasons)}" if entry.reasons else ""
        yield Reason(
            f"frozen by {entry.actor.login} since {instant(entry.at)}{said}", f"openim-cicd freeze {given.stage} --thaw"
        )


def _approvals(given: GateInput) -> Iterator[Reason]:
    policy = given.policy.approval
    if not policy.required:
        return
    judged = [(one, why_not(given, one)) for one in given.approvals]
    counted = {given.policy.signing.person(one.actor): one for one, fault in judged if not fault}
    lacking = [
        group
        for group in policy.at_least_one_from
        if not any(given.policy.names(one.actor, [group]) for one in counted.values())
    ]
    if len(counted) < policy.required or lacking:
        needs = f" (needs one of {', one of '.join(lacking)})" if lacking else f" (by {_any(policy.approvers)})"
        void = "".join(f"; {one.login}'s does not count: {fault}" for one, fault in judged if fault)
        void += "".join(f"; {one}" for one in given.void)
        moved = f"; since it was proposed: {', '.join(given.moved)}" if given.moved else ""
        yield Reason(f"{len(counted)} of {policy.required} approvals{needs}{void}{moved}", _remedy(given, lacking))


def why_not(given: GateInput, one: Given) -> str:
    """Why an approval does not count; empty where it does."""
    return next(_faults(given, one), "")


def _faults(given: GateInput, one: Given) -> Iterator[str]:
    policy = given.policy.approval
    if one.fault:
        yield one.fault
    if policy.signed_by == "person" and one.by != "person":
        yield "only the machine vouches for it, and here people sign with keys of their own (OPENIM_CICD_KEY)"
    if one.fingerprint != given.fingerprint:
        yield "it is for another fingerprint"
    if policy.require_saved_plan and given.plan and one.plan != given.plan.plan:
        yield f"it is for another plan ({one.plan})" if one.plan else "it is for no plan, and here a plan is approved"
    if not given.policy.names(one.actor, policy.approvers):
        yield f"not one of {_any(policy.approvers)}"
    if not policy.self_approval and (role := _role(given, one.actor)):
        yield role
    failed = ledger.last([entry for entry in given.own if entry.release == given.release.id], Kind.FAILED)
    if failed and (one.at <= failed.at or ledger.approved_before(given.own, failed, one.actor, one.at)):
        yield f"given before the release failed here at {instant(failed.at)}"
    if one.at > given.now + SKEW:
        yield f"given at {instant(one.at)}, which is yet to come"
    if one.at + policy.expires_after <= given.now:
        yield f"expired at {instant(one.at + policy.expires_after)}"


def _role(given: GateInput, actor: Actor) -> str:
    same = given.policy.signing.same
    if any(same(actor, author) for author in given.release.authors):
        return "an author of the release"
    return "proposed the change" if any(same(actor, one) for one in given.proposers) else ""


def able(given: GateInput, principals: tuple[str, ...]) -> frozenset[str]:
    """Whom of ``principals`` the policy in force lets approve this change, in lower case."""
    people = given.policy.everybody(principals)
    may = given.policy.approval.self_approval
    return frozenset(one.login.lower() for one in people if may or not _role(given, one))


def _remedy(given: GateInput, lacking: list[str]) -> str:
    """Approving, where enough people are left who may; else the settings must name more."""
    policy = given.policy.approval
    few = len(able(given, policy.approvers)) < policy.required
    if few or any(not able(given, (group,)) for group in lacking):
        groups = ", ".join(lacking) or _any(policy.approvers)
        return f"name more people than the change's own authors in {groups} (estate/teams.yaml)"
    return f"openim-cicd approve {given.stage}"


def _any(principals: tuple[str, ...]) -> str:
    return " or ".join(principals)


def _minutes(left: timedelta) -> str:
    """Rounded up, so that it never says none."""
    minutes = -(-int(left.total_seconds()) // 60) or 1
    return f"{minutes} min" if minutes < 120 else duration_text(timedelta(minutes=minutes))
