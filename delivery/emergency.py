"""An emergency: ask the machine to record that the glass is broken for the change that the clone declares.

Only GitHub's word for who asks counts, so it needs GitHub. Going back does not: `openim-cicd rollback`.
"""

from delivery.errors import Refused
from delivery.freeze import WORKFLOW
from delivery.github import account, from_environment
from delivery.ledger import BRANCH
from delivery.place import repository
from delivery.policy import asked
from delivery.workplace import Workplace
from model.gate import decide
from model.gate_input import GateInput
from model.ledger import Actor

COMMAND = "break-glass"


def break_glass(place: Workplace, name: str, reason: str) -> str:
    """Have ``commands.yml`` record it; what was asked for, and what comes next.

    Raises:
        Refused: it is not needed, the caller may not, no reason is given, or GitHub does not answer.
    """
    standing = place.standing(name)
    standing.refresh()
    given = asked(place, name)
    if decide(given).allowed:
        raise Refused(f"{name} takes {given.release.id} as it is: openim-cicd deploy {name}")
    with from_environment() as github:
        check(given, account(github.get("user")), reason)
        where = repository(place.clone)
        inputs = {"command": COMMAND, "stage": name, "reason": reason, "fingerprint": given.fingerprint}
        body = {"ref": BRANCH, "inputs": inputs}
        github.post(f"repos/{where}/actions/workflows/{WORKFLOW}/dispatches", body)
    return (
        f"asked {where} to record it for {given.release.id}, fingerprint {given.fingerprint[:12]}\n"
        f"next: openim-cicd status, until it is recorded; then openim-cicd deploy {name}, or run deploy.yml for {name}"
    )


def check(given: GateInput, actor: Actor, reason: str) -> None:
    """Refuse what would not count.

    Raises:
        Refused: nobody may break the glass of this stage, or not ``actor``; or no reason is given.
    """
    rule = given.policy.approval.break_glass
    if rule is None:
        raise Refused(f"nobody may break the glass of {given.stage}: its policy in force has no approval.breakGlass")
    if not given.policy.names(actor, rule.approvers):
        raise Refused(f"{actor.login} may not break the glass of {given.stage}: {', '.join(rule.approvers)} may")
    if not reason.strip(" -"):
        raise Refused(
            f"say why; it is told wherever the change is: openim-cicd break-glass {given.stage} --reason TEXT"
        )
