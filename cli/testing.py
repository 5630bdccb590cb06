"""`openim-cicd test` and `openim-cicd record`: a tester's word, said and taken down."""

from cli import infrastructure
from cli.console import out
from cli.deployment import workplace
from cli.place import project_root
from delivery.emergency import COMMAND
from delivery.errors import Refused
from delivery.github import from_environment
from delivery.place import repository
from delivery.releases import declared_policies
from delivery.test_results import Recorder, say
from model.commands import Verdict, Word

VERDICTS: dict[str, Verdict] = {"pass": "pass", "fail": "fail"}


def test(word: str, note: str, stage: str) -> None:
    """Say on the release's issue that it is good or bad."""
    verdict = VERDICTS.get(word)
    if verdict is None:
        raise Refused(f"unknown word {word!r}; say pass or fail")
    if verdict == "fail" and not note.strip():
        raise Refused("say what failed: openim-cicd test fail --note TEXT")
    clone = infrastructure.clone()
    with from_environment() as github:
        url = say(github, repository(clone), project_root(), stage or tested_stage(), Word(verdict, note))
    out.print(f"said: {url}; it counts once the workflow has recorded it (openim-cicd ledger show)", markup=False)


def record(comment: int, command: str, stage: str, reason: str, actor: str, *, fingerprint: str) -> None:
    """Take a comment or a command of ``commands.yml`` into the ledger."""
    if bool(comment) == bool(command):
        raise Refused("say one of --comment ID and --command freeze|thaw|break-glass")
    if command and not (stage and actor):
        raise Refused("--command needs --stage and --actor")
    clone = infrastructure.clone()
    with from_environment() as github:
        place = workplace()
        recorder = Recorder(clone, github, repository(clone), lambda stage: place.standing(stage).anchor_published())
        if comment:
            told = recorder.comment(comment)
        elif command == COMMAND:
            told = recorder.break_glass(stage, reason, actor, fingerprint)
        else:
            told = recorder.freeze(command, stage, reason, actor)
    out.print(told, markup=False)


def tested_stage() -> str:
    """The stage on which releases are tested before they go on.

    Raises:
        Refused: there is none, or more than one.
    """
    policies = declared_policies(project_root()).values()
    found = sorted({one.promotion.source for one in policies if one.promotion})
    if len(found) != 1:
        raise Refused(f"say --stage: releases are tested on {found or 'no stage'}")
    return found[0]
