"""Breaking the glass: few, named beforehand, let one change past everything else that the gate asks, and say why.

It counts like an approval (one change, distinct people, for a time) by the policy in force. Authors may give it: in an
emergency whoever is awake mends. It changes nobody's power, and is told wherever the change is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from model.approval import SKEW, BreakGlass
from model.ledger import Entries, Entry, Kind, instant, last, person
from model.policy import Policy

KEY = "breakGlass"
"""Where a deployment's evidence says who broke the glass, and why."""
ALARM = "BREAK-GLASS"
"""What every output begins with."""


@dataclass(frozen=True)
class Emergency:
    """What was said about one change."""

    rule: BreakGlass
    counted: tuple[Entry, ...]
    void: tuple[str, ...]
    """What does not count, and why."""

    @property
    def enough(self) -> bool:
        """Whether it lets the change past."""
        return len(self.counted) >= self.rule.required

    @property
    def words(self) -> tuple[str, ...]:
        """``omar-sre: logins fail everywhere``, for each who counts."""
        return tuple(f"{one.actor.login}: {'; '.join(one.reasons)}" for one in self.counted)

    @property
    def text(self) -> str:
        """What is lacking."""
        by = " or ".join(self.rule.approvers)
        void = "".join(f"; {one}" for one in self.void)
        return f"{len(self.counted)} of {self.rule.required} to break the glass (by {by}){void}"


def emergency(policy: Policy, own: Entries, fingerprint: str, now: datetime) -> Emergency | None:
    """Who broke the glass for this very change; None where nobody did, or nobody may."""
    rule = policy.approval.break_glass
    said = [one for one in own if one.kind is Kind.BREAKGLASS and one.fingerprint == fingerprint]
    if rule is None or not said:
        return None
    judged = [(one, next(_faults(policy, rule, own, one, now), "")) for one in said]
    counted = {person(one.actor): one for one, fault in judged if not fault}
    void = tuple(f"{one.actor.login}'s does not count: {fault}" for one, fault in judged if fault)
    return Emergency(rule, tuple(counted.values()), void)


def _faults(policy: Policy, rule: BreakGlass, own: Entries, one: Entry, now: datetime) -> Iterator[str]:
    if one.actor.id is None:
        yield "GitHub did not vouch for who it was"
    if not policy.names(one.actor, rule.approvers):
        yield f"not one of {' or '.join(rule.approvers)}"
    if not any(reason.strip() for reason in one.reasons):
        yield "no reason is given"
    failed = last([entry for entry in own if entry.release == one.release], Kind.FAILED)
    if failed and one.seq < failed.seq:  # the order of the lines holds where clocks are set back
        yield f"given before the release failed here at {instant(failed.at)}"
    if one.at > now + SKEW:
        yield f"given at {instant(one.at)}, which is yet to come"
    if one.at + policy.approval.expires_after <= now:
        yield f"expired at {instant(one.at + policy.approval.expires_after)}"
