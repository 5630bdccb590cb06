"""The gate: may this change be deployed on this stage now? Allowed, or every reason why not, each with a way out.

A pure function of what was gathered. What is always allowed: to finish or repeat what is deployed, to begin on an
empty stage, and to go back, with nothing but digests changed, to a release that was seen to work on this stage.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from model import ledger
from model.approval import SKEW, Approval, Promotion, frozen_until
from model.approvals_file import Given
from model.emergency import ALARM, emergency
from model.fingerprint import Parts, ReleasePart, Trees, parts_of
from model.ledger import Actor, Entries, Kind, instant, person
from model.names import duration_text
from model.people import Teams, same
from model.policy import Policy, changes, ids, of, recorded, resolved
from model.release import Release


@dataclass(frozen=True)
class Deployed:
    """What a stack's outputs say it runs."""

    release: str
    images: Mapping[str, str]
    fingerprint: str
    signed: ReleasePart | None = None
    """What of the release its fingerprint covers; None where nobody recorded it."""
    policy: Policy | None = None
    """Who decided about it; None where nobody recorded it."""


@dataclass(frozen=True)
class Unreachable:
    """Nobody can tell what the other stage runs."""

    reason: str


@dataclass(frozen=True)
class GateInput:
    """Everything that counts."""

    stage: str
    release: Release
    settings: Mapping[str, Any]
    """The stage's settings as written, without the release and without secrets' values (``model.fingerprint``)."""
    trees: Trees
    """Git's ids of what brings it up."""
    promotion: Promotion | None
    approval: Approval
    teams: Teams
    """These three are only declared: the policy in force decides."""
    now: datetime
    own: Entries = ()
    deployed: Deployed | None = None
    """What this stage's outputs say; None where nothing was deployed."""
    source: Entries = ()
    """The ledger of the stage that releases come from, by the policy in force."""
    source_deployed: Deployed | Unreachable | None = None
    approvals: tuple[Given, ...] = ()
    """Those recorded for this fingerprint."""
    proposers: tuple[Actor, ...] = ()
    moved: tuple[str, ...] = ()
    """What is no longer as it was when this release was proposed, if anything."""

    def __post_init__(self) -> None:
        # Only in UTC does Python count real hours where clocks are changed.
        object.__setattr__(self, "now", self.now.astimezone(UTC))

    @cached_property
    def parts(self) -> Parts:
        """What an approval must be for."""
        return parts_of(self.release, self.settings, self.trees)

    @cached_property
    def fingerprint(self) -> str:
        """The hash over ``parts``."""
        return self.parts.fingerprint

    @cached_property
    def declared(self) -> Policy:
        """The policy that the settings declare, down to the people."""
        return resolved(self.approval, self.promotion, self.teams, ids((*self.source, *self.own)))

    @cached_property
    def policy(self) -> Policy:
        """The policy in force: the ledger's, else that of what is deployed; the declared one on an empty stage."""
        return self.recorded or self.declared

    @cached_property
    def recorded(self) -> Policy | None:
        """The policy in force, if anybody recorded it."""
        entry = recorded(self.own)
        if entry:
            return of(entry)
        return self.deployed.policy if self.deployed else None

    @cached_property
    def policy_changes(self) -> tuple[str, ...]:
        """What is declared otherwise than it is in force."""
        return tuple(changes(self.policy, self.declared))

    @cached_property
    def running(self) -> Deployed | None:
        """What this stage runs: by its outputs, else by its ledger."""
        entry = ledger.running(self.own)
        if self.deployed is None and entry is not None:
            parts = ledger.signed(self.own, entry.fingerprint)
            return Deployed(entry.release, entry.images, entry.fingerprint, parts.release if parts else None)
        return self.deployed


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
    reasons = (*_evidence(given), *_approvals(given), *_freeze(given), *_policy(given))
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
    counted = {person(one.actor): one for one, fault in judged if not fault}
    lacking = [
        group
        for group in policy.at_least_one_from
        if not any(given.policy.names(one.actor, [group]) for one in counted.values())
    ]
    if len(counted) < policy.required or lacking:
        needs = f" (needs one of {', one of '.join(lacking)})" if lacking else f" (by {_any(policy.approvers)})"
        void = "".join(f"; {one.login}'s does not count: {fault}" for one, fault in judged if fault)
        moved = f"; since it was proposed: {', '.join(given.moved)}" if given.moved else ""
        yield Reason(f"{len(counted)} of {policy.required} approvals{needs}{void}{moved}", _remedy(given, lacking))


def why_not(given: GateInput, one: Given) -> str:
    """Why an approval does not count; empty where it does."""
    return next(_faults(given, one), "")


def _faults(given: GateInput, one: Given) -> Iterator[str]:
    policy = given.policy.approval
    if one.fingerprint != given.fingerprint:
        yield "it is for another fingerprint"
    if not given.policy.names(one.actor, policy.approvers):
        yield f"not one of {_any(policy.approvers)}"
    if not policy.self_approval and (role := _role(given, one.actor)):
        yield role
    failed = ledger.last([entry for entry in given.own if entry.release == given.release.id], Kind.FAILED)
    if failed and one.at <= failed.at:
        yield f"given before the release failed here at {instant(failed.at)}"
    if one.at > given.now + SKEW:
        yield f"given at {instant(one.at)}, which is yet to come"
    if one.at + policy.expires_after <= given.now:
        yield f"expired at {instant(one.at + policy.expires_after)}"


def _role(given: GateInput, actor: Actor) -> str:
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
