"""`openim-cicd promote` and `openim-cicd approve`: offer a release to a stage, and agree to it."""

from collections.abc import Sequence

from cli import infrastructure
from cli.console import out
from delivery.approve import approve as give
from delivery.github import from_environment
from delivery.place import repository
from delivery.promote import Promoter
from model.gate_input import GateInput
from model.signed_text import NOTHING_KNOWN, planned, signed, unsigned


def promote(stage: str, release: str) -> None:
    """Offer ``release`` to ``stage`` and say what is still missing."""
    clone = infrastructure.clone()
    with from_environment() as github:
        offered = Promoter(clone, github, repository(clone)).promote(stage, release)
    done = "opened" if offered.made else "is open"
    out.print(f"promotion of {offered.given.release.id} to {stage} {done}: {offered.url}", markup=False)
    _signed(offered.given, offered.unlike)
    out.print(offered.decision.text(stage, offered.given.release.id), markup=False)


def approve(stage: str, note: str, number: int) -> None:
    """Approve the open promotion of ``stage`` as the token's owner."""
    clone = infrastructure.clone()
    with from_environment() as github:
        given = give(clone, github, repository(clone), stage, note=note, number=number)
    out.print(f"approved {given.given.release.id} for {stage}: {given.url}", markup=False)
    _signed(given.given, given.unlike)


def _signed(given: GateInput, unlike: Sequence[str] | None) -> None:
    """What an approval is for, part by part."""
    out.print(f"an approval is for the fingerprint {given.fingerprint} of", markup=False)
    for line in (*signed(given.parts), *planned(given.plan), unsigned(given.plan)):
        out.print(f"  {line}", markup=False)
    out.print("unlike what runs:", markup=False)
    for line in (NOTHING_KNOWN,) if unlike is None else unlike:
        out.print(f"  {line}", markup=False)
