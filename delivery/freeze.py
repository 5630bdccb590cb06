"""A stage that is to stay as it is, and its thaw: one entry in its ledger, which the gate reads.

Where GitHub answers, its `commands.yml` writes the entry, so that it is the machine's and everybody's at once. Where
it does not, the clone's ledger takes it: deployments from this clone are held, and publishing it is owed.
"""

import os
from collections.abc import Callable
from pathlib import Path

from delivery.errors import Refused
from delivery.git import Clone
from delivery.github import from_environment
from delivery.ledger import BRANCH
from delivery.place import repository
from delivery.stage import stages
from delivery.standing import Standing
from model import ledger
from model.ledger import MACHINE, Actor, Entry, Kind, instant

WORKFLOW = "commands.yml"
COMMANDS = {Kind.FROZEN: "freeze", Kind.THAWED: "thaw"}

Report = Callable[[str], None]


def freeze(root: Path, stage: str, reason: str, kind: Kind, report: Report) -> str:
    """Have ``stage`` frozen or thawed; what became of it.

    Raises:
        Refused: there is no such stage, or no reason is given.
    """
    check(root, stage, reason, kind)
    try:
        with from_environment() as github:
            where = repository(Clone(root))
            inputs = {"command": COMMANDS[kind], "stage": stage, "reason": reason or "-"}
            body = {"ref": BRANCH, "inputs": inputs}
            github.post(f"repos/{where}/actions/workflows/{WORKFLOW}/dispatches", body)
    except Refused as error:
        report(f"GitHub does not take it: {error}")
        return here(root, stage, reason, kind, actor=somebody(), report=report)
    return f"asked {where} to {COMMANDS[kind]} {stage}; `openim-cicd status` shows when it is so"


def here(root: Path, stage: str, reason: str, kind: Kind, *, actor: Actor, report: Report) -> str:
    """Write the entry into the clone's ledger and publish it, where the remote answers.

    Raises:
        Refused: there is no such stage, or no reason is given.
    """
    check(root, stage, reason, kind)
    standing = Standing(Clone(root), stage, report)
    standing.refresh()
    present = ledger.frozen(standing.ledger.entries())
    if (present is not None) == (kind is Kind.FROZEN):
        return _already(stage, present)
    standing.ledger.append(kind, actor=actor, reasons=(reason,) if reason else ())
    published = standing.publish(f"{'Freeze' if kind is Kind.FROZEN else 'Thaw'} {stage}")
    owed = "" if published else "; it holds for deployments from this clone, and publishing it is owed"
    return f"{stage} is {kind.value}{owed}"


def check(root: Path, stage: str, reason: str, kind: Kind) -> None:
    """Refuse what cannot be done.

    Raises:
        Refused: there is no such stage, or no reason is given.
    """
    known = stages(root)
    if stage not in known:
        raise Refused(f"there is no stage {stage!r}; known: {', '.join(known)}")
    if kind is Kind.FROZEN and not reason.strip():
        raise Refused(f"say why, for whoever is refused: openim-cicd freeze {stage} --reason TEXT")


def _already(stage: str, present: Entry | None) -> str:
    if present is None:
        return f"{stage} is not frozen; nothing to do"
    return (
        f"{stage} is frozen already, by {present.actor.login} since {instant(present.at)}: {'; '.join(present.reasons)}"
    )


def somebody() -> Actor:
    """Whoever sits here, whom GitHub cannot vouch for now."""
    return Actor(login=os.environ.get("GITHUB_ACTOR") or os.environ.get("USER") or MACHINE.login)
