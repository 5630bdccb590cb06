"""`openim-cicd policy` and `break-glass`: who decides about a stage, and what they may do in an emergency."""

from collections.abc import Iterator

from cli.console import out
from cli.deployment import workplace
from delivery.emergency import break_glass as ask
from delivery.policy import asked
from delivery.policy import genesis as begin
from model.gate_input import GateInput
from model.ledger import instant
from model.names import duration_text
from model.policy import Policy, recorded


def policy(stage: str, reason: str, *, genesis: bool) -> None:
    """Show it, or record the first."""
    place = workplace()
    if genesis:
        out.print(begin(place, stage, reason), markup=False)
    for line in _lines(asked(place, stage)):
        out.print(line, markup=False)


def break_glass(stage: str, reason: str) -> None:
    """Let the declared change past the gate, and say what comes next."""
    out.print(ask(workplace(), stage, reason), markup=False)


def _lines(given: GateInput) -> Iterator[str]:
    yield _since(given)
    yield from _told(given.policy)
    if given.policy_changes:
        yield "the clone declares otherwise; to be in force it must be approved under this one, be deployed, and work:"
        yield from (f"  {one}" for one in given.policy_changes)


def _since(given: GateInput) -> str:
    entry = recorded(given.own)
    if entry:
        return f"in force on {given.stage} since {instant(entry.at)}, {entry.kind} by {entry.actor.login}:"
    if given.recorded:
        return f"in force on {given.stage}, by what is deployed; no entry of the ledger says so yet:"
    return f"nobody recorded who decides about {given.stage}; declared is:"


def _told(policy: Policy) -> Iterator[str]:
    rules = policy.approval
    yield f"  {rules.required} approvals, each good for {duration_text(rules.expires_after)}"
    yield from (f"  one of them by {group}" for group in rules.at_least_one_from)
    if rules.self_approval:
        yield "  authors may approve"
    if rules.break_glass:
        yield f"  in an emergency {rules.break_glass.required} of {', '.join(rules.break_glass.approvers)}"
    for name, people in policy.people.items():
        known = ", ".join(f"{one.login} ({one.id})" if one.id else one.login for one in people)
        yield f"  {name}: {known or 'nobody'}"
