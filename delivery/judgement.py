"""What the gate says of a deployment, with everything that it is to know; and the record of its refusals."""

import time

from delivery.deployment import Deployment, Ending, Result
from delivery.errors import Refused, Unanswered
from delivery.gate_input import gather
from delivery.held_plan import held_to
from delivery.place import owner
from delivery.proven import proven
from delivery.update import HeldPlan
from delivery.workplace import Workplace
from model.gate import Decision, decide
from model.gate_input import GateInput
from model.ledger import Entries, Kind
from model.undeclared import undeclared


def without_environment(place: Workplace, name: str) -> Result | None:
    """A refusal, where a stack that runs a release declares no environment any more: nobody would be asked.

    Raises:
        Refused: its backend does not answer.
    """
    try:
        why = undeclared(name, place.outputs(name))
    except Unanswered as error:
        raise Refused(str(error)) from None
    if not why:
        return None
    standing = place.standing(name)
    standing.refresh()
    if not _is_said(standing.ledger.entries(), "", (why,)):
        standing.ledger.append(Kind.REFUSED, reasons=(why,))
        standing.publish(f"Record that {name} is not brought up without its environment")
    return Result(Ending.REFUSED, why)


def without_fingerprint(work: Deployment) -> Result | None:
    """A refusal, where the checkout holds what nobody can approve."""
    why = work.stage.unapprovable
    if not why:
        return None
    work.standing.refresh()
    _record_refusal(work, "", (why,))
    return Result(Ending.REFUSED, f"{work.stage.name} refuses {work.stage.release.id}: {why}")


def judge(work: Deployment) -> tuple[GateInput, Decision, HeldPlan | None]:
    """What the gate says of the change, and the plan that its update is held to."""
    began, place, stage = time.monotonic(), work.place, work.stage
    given = gather(stage.name, place.root, stage.section, outputs=place.outputs)
    given = proven(given, place.root, place.environment, owner(place.clone), place.read)
    given, plan = held_to(given, place.root, place.environment)
    decision = decide(given)
    work.journal.phase("gate", began)
    return given, decision, plan


def refusal(work: Deployment, decision: Decision) -> Result | None:
    """What the gate says, where it says no."""
    stage = work.stage
    text = decision.text(stage.name, stage.release.id)
    work.journal.say(text)
    if decision.allowed:
        return None
    _record_refusal(work, stage.fingerprint, tuple(one.text for one in decision.reasons))
    return Result(Ending.REFUSED, text)


def _record_refusal(work: Deployment, fingerprint: str, reasons: tuple[str, ...]) -> None:
    """Once, however often somebody tries again."""
    if not _is_said(work.entries(), fingerprint, reasons):
        work.record(Kind.REFUSED, reasons, fingerprint=fingerprint)
        work.standing.publish(f"Record that {work.stage.name} refuses {work.stage.release.id}")


def _is_said(entries: Entries, fingerprint: str, reasons: tuple[str, ...]) -> bool:
    """Whether the newest entry is this very refusal."""
    newest = entries[-1] if entries else None
    said = (newest.kind, newest.fingerprint, newest.reasons) if newest else None
    return said == (Kind.REFUSED, fingerprint, reasons)
