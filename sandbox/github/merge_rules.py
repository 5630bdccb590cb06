"""What a rule says about a proposal and about checks, in GitHub's words. Pure: facts in, reasons out."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.github.approvals import Proposal

PASSING = {"success", "neutral", "skipped"}
WAITING = {"", "pending", "queued", "in_progress", "requested", "waiting", "expected"}
"""Conclusions of what has not ended; every other one is a failure."""


def reviews(proposal: Proposal, parameters: Mapping[str, Any]) -> Iterator[str]:
    """A ``pull_request`` rule's reasons against merging."""
    methods = parameters.get("allowed_merge_methods")
    if proposal.method and methods is not None and proposal.method not in methods:
        yield f"Merge method {proposal.method} is not allowed on this branch; allowed: {', '.join(methods)}."
    needed = parameters["required_approving_review_count"]
    if len(proposal.approvals) < needed:
        is_ = "review is" if needed == 1 else "reviews are"
        yield f"At least {needed} approving {is_} required by reviewers with write access."
    if proposal.objections:
        yield "Changes were requested by reviewers with write access."
    if parameters["require_code_owner_review"] and proposal.waiting_owners:
        yield f"Waiting on code owner review from {' and/or '.join(proposal.waiting_owners)}."
    if parameters["require_last_push_approval"] and not proposal.last_push_approved:
        yield "New changes require approval from someone other than the last pusher."
    if parameters["required_review_thread_resolution"]:
        yield from conversations(proposal)


def conversations(proposal: Proposal) -> Iterator[str]:
    """A demand for resolved conversations."""
    if proposal.unresolved:
        yield "A conversation must be resolved before this pull request can be merged."


def checks(required: Mapping[str, str | None]) -> Iterator[str]:
    """A ``required_status_checks`` rule's reasons, given what each required check came to; None for no report."""
    states = {context: _state(conclusion) for context, conclusion in required.items()}
    missing = {context: state for context, state in states.items() if state != "passed"}
    if not missing:
        return
    if len(required) == 1:
        [(context, state)] = missing.items()
        yield f'Required status check "{context}" is {state}.'
        return
    kinds = sorted(set(missing.values()))
    if kinds == ["expected"]:
        yield f"{len(missing)} of {len(required)} required status checks are expected."
    else:
        counted = " and ".join(f"{list(missing.values()).count(kind)} {kind}" for kind in kinds)
        yield f"{len(missing)} of {len(required)} required status checks have not succeeded: {counted}."


def _state(conclusion: str | None) -> str:
    if conclusion is None:
        return "expected"
    if conclusion in PASSING:
        return "passed"
    return "in progress" if conclusion in WAITING else "failing"


def unstable(conclusions: Mapping[str, str]) -> bool:
    """Whether something, required or not, has not passed."""
    return any(conclusion not in PASSING for conclusion in conclusions.values())
