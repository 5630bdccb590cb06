"""Approve a promotion as oneself: a review that names the fingerprint, signed where a key is at hand.

Whoever's approval would not count is told so before anything is sent; what counts is decided by the gate.
"""

from dataclasses import dataclass, replace

from delivery.collect import Pull, from_reviews, statement
from delivery.declared import policies, reader
from delivery.errors import Refused
from delivery.gate_input import gather_from, teams_from, unlike_running, verifier
from delivery.git import Clone
from delivery.github import GitHub, account
from delivery.plan_files import plan_from
from delivery.promote import open_promotion
from delivery.release import BRANCH
from delivery.signing import OWN_KEY, own
from delivery.trees import of_commit
from model.approvals_file import Given, signed
from model.fingerprint import parts_of, settings_of
from model.gate import why_not
from model.gate_input import GateInput
from model.ledger import Actor
from model.people import same
from model.settings import policy_of, read_written


@dataclass(frozen=True)
class Approved:
    """An approval that was given."""

    number: int
    url: str
    given: GateInput
    unlike: tuple[str, ...] | None
    """What is not as in what runs; None where nobody knows."""


def approve(clone: Clone, github: GitHub, repository: str, stage: str, *, note: str = "", number: int = 0) -> Approved:
    """Approve the open promotion of ``stage`` as the token's owner.

    Raises:
        Refused: the caller's approval would not count, with the reason; or nothing is offered.
    """
    known = [name for name, one in policies(clone, clone.fetch(BRANCH)).items() if one.promotion]
    if stage not in known:
        raise Refused(f"nothing is promoted to {stage!r}; known: {', '.join(known)}")
    pull = open_promotion(github, repository, stage, number)
    actor = account(github.get("user"))
    head = pull["head"]["sha"]
    clone.fetch(pull["head"]["ref"])
    given = _judged(clone, stage, head, pull)
    if given.policy.approval.require_saved_plan and given.plan is None:
        raise Refused(
            f"#{pull['number']} has no plan of this very change, and {stage} takes none without: openim-cicd promote "
            f"{stage}, or openim-cicd plan {stage} on its branch"
        )
    _may(given, actor, pull)
    reviews = list(github.pages(f"repos/{repository}/pulls/{pull['number']}/reviews"))
    if any(one.claimed and one.claimed.id == actor.id for one in from_reviews(reviews, head, given, None)):
        raise Refused(f"{actor.login} has approved #{pull['number']} already; one approval each")
    plan = f" with plan {given.planned}" if given.planned else ""
    text = f"Approves fingerprint {given.fingerprint} of {stage}{plan}."
    body = "\n\n".join(one for one in (text, note, _own_word(given, actor)) if one)
    github.post(
        f"repos/{repository}/pulls/{pull['number']}/reviews", {"commit_id": head, "event": "APPROVE", "body": body}
    )
    return Approved(pull["number"], pull["html_url"], given, unlike_running(clone, given))


def _own_word(given: GateInput, actor: Actor) -> str:
    """The approver's own signature, where a key is at hand; else nothing, where the machine's word suffices.

    Raises:
        Refused: the stage counts only what people sign, or the key is not theirs.
    """
    sign, names_keys = own(), given.policy.signing.names_keys
    if sign is None:
        if names_keys and given.policy.approval.signed_by == "person":
            raise Refused(f"{given.stage} counts only what people sign themselves: let {OWN_KEY} name your SSH key")
        return ""
    made = signed(statement(given, actor, given.now.replace(microsecond=0), "command"), sign)
    if names_keys and isinstance(nobodys := verifier(given).one(made), str):
        raise Refused(f"the approval would not count, as it {nobodys}: {OWN_KEY} must name a key of {actor.login}'s")
    return f"```json\n{made.statement}\n{made.signature}\n```"


def _judged(clone: Clone, stage: str, head: str, pull: Pull) -> GateInput:
    """What the promotion would deploy, under the policy in force: a promotion does not choose its own approvers."""
    read = reader(clone, clone.fetch(BRANCH))
    present = gather_from(stage, read, read_written(stage, read), trees=of_commit(clone, head))
    offered = reader(clone, head)
    section = read_written(stage, offered)
    declared = policy_of(stage, section)
    settings = settings_of(section)
    fingerprint = parts_of(declared.release, settings, present.trees).fingerprint
    return replace(
        present,
        release=declared.release,
        settings=settings,
        plan=plan_from(offered, stage, fingerprint)[0],
        approval=declared.approval,
        promotion=declared.promotion,
        signing=declared.signing,
        provenance=declared.provenance,
        teams=teams_from(offered, declared.estate.teams),
        proposers=(account(pull["user"]),),
    )


def _may(given: GateInput, actor: Actor, pull: Pull) -> None:
    fault = why_not(
        given,
        Given(
            login=actor.login,
            id=actor.id or 0,
            at=given.now,
            how="command",
            fingerprint=given.fingerprint,
            plan=given.planned,
            by=given.policy.approval.signed_by,
        ),
    )
    if fault:
        raise Refused(
            f"{actor.login} may not approve #{pull['number']} ({given.release.id} on {given.stage}): {fault}; "
            f"it takes {given.policy.approval.required} of {', '.join(given.policy.approval.approvers)}"
        )
    if any(same(actor, one) for one in given.proposers):
        raise Refused(f"{actor.login} proposed #{pull['number']}, and GitHub takes nobody's review of his own")
