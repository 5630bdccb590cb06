"""Approvals: give one as oneself, and collect what people gave on GitHub for the change that is being deployed.

What counts is decided by the gate. Here is read who said what where, with GitHub's word for who they are: a review of
the promotion's last commit, or a review of the deployment environment in this very run.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from delivery.approvals import approvals_file, approvals_from, text_of
from delivery.declared import parts_at, reader
from delivery.errors import Refused
from delivery.gate_input import gather_from, teams_from, unlike_running
from delivery.git import Clone
from delivery.github import GitHub
from delivery.ledger import Clock, Ledger, now, publish
from delivery.promote import open_promotion
from delivery.release import BRANCH
from delivery.trees import of_commit
from model.approvals_file import ApprovalsFile, Given
from model.fingerprint import Parts, settings_of
from model.gate import GateInput, why_not
from model.ledger import Actor, Kind, person
from model.people import same
from model.settings import policy_of, read_written, stack_file

NAMED = re.compile(r"\bApproves fingerprint ([0-9a-f]{64}) of ([a-z][a-z0-9-]*)\b")
"""What the command writes into its review; a review that names another fingerprint is not for this one."""
DECIDING = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
"""A later comment takes no approval back (GitHub documentation: about pull request reviews)."""


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
    pull = open_promotion(github, repository, stage, number)
    me = github.get("user")
    actor = Actor(login=me["login"], id=me["id"])
    head = pull["head"]["sha"]
    clone.fetch(pull["head"]["ref"])
    given = _judged(clone, stage, head, pull)
    _may(given, actor, pull)
    reviews = list(github.pages(f"repos/{repository}/pulls/{pull['number']}/reviews"))
    if any(one.actor == actor for one in _from_reviews(reviews, head, stage, given.fingerprint)):
        raise Refused(f"{actor.login} has approved #{pull['number']} already; one approval each")
    text = f"Approves fingerprint {given.fingerprint} of {stage}."
    body = f"{text}\n\n{note}" if note else text
    github.post(
        f"repos/{repository}/pulls/{pull['number']}/reviews", {"commit_id": head, "event": "APPROVE", "body": body}
    )
    return Approved(pull["number"], pull["html_url"], given, unlike_running(clone, given))


@dataclass(frozen=True)
class Collector:
    """Collects what was said about a stage's change."""

    clone: Clone
    github: GitHub
    repository: str
    clock: Clock = now

    def collect(self, stage: str, *, commit: str = "HEAD", run: int = 0) -> tuple[str, ApprovalsFile, dict[str, Any]]:
        """The fingerprint that ``commit`` declares, who approved it, and the pull request that brought it, if one did.

        ``run`` is the workflow run that deploys it, whose environment people may have reviewed.

        Raises:
            GitHubError: GitHub refused or did not answer.
            SettingsError: the stage's file or the recorded approvals cannot be read.
        """
        commit = self.clone.git("rev-parse", commit)
        read = reader(self.clone, commit)
        fingerprint = parts_at(self.clone, stage, commit).fingerprint
        recorded = approvals_from(read, stage, fingerprint)
        pull = self._carrier(stage, commit, fingerprint)
        fresh: list[Given] = []
        proposers: list[Actor] = []
        if pull:
            path = f"repos/{self.repository}/pulls/{pull['number']}"
            fresh += _from_reviews(list(self.github.pages(f"{path}/reviews")), pull["head"]["sha"], stage, fingerprint)
            proposers = _distinct(_proposers(pull, self.github.pages(f"{path}/commits")))
        fresh += self._from_environment(stage, run, fingerprint, recorded) if run else ()
        merged = _distinct_approvals((*fresh, *recorded.approvals))
        return fingerprint, ApprovalsFile(proposers=tuple(proposers) or recorded.proposers, approvals=merged), pull

    def record(self, stage: str, *, commit: str = "HEAD", run: int = 0) -> ApprovalsFile:
        """Collect, and publish what is new: the approvals' file; in the ledger who proposed, and approvals that count.

        Raises:
            Refused: GitHub or the remote does not answer, or does not let this in.
        """
        fingerprint, found, pull = self.collect(stage, commit=commit, run=run)
        if not found.approvals and not pull:
            self._tell_overtaken(stage, commit)
            return found
        read = reader(self.clone, commit)
        given = gather_from(stage, read, read_written(stage, read), trees=of_commit(self.clone, commit))
        given = replace(given, approvals=found.approvals, proposers=found.proposers)
        release = given.release.id
        ledger = Ledger(self.clone.root, stage, self.clock)
        told = {(one.kind, person(one.actor)) for one in ledger.entries() if one.fingerprint == fingerprint}
        if pull and Kind.PROPOSED not in {kind for kind, _ in told}:
            by = Actor(login=pull["user"]["login"], id=pull["user"]["id"])
            ledger.append(
                Kind.PROPOSED, release=release, fingerprint=fingerprint, actor=by, evidence=_proposal(pull, given.parts)
            )
        for one in found.approvals:
            if not why_not(given, one) and (Kind.APPROVED, person(one.actor)) not in told:
                evidence = {"how": one.how, "given": one.model_dump(mode="json")["at"]}
                ledger.append(
                    Kind.APPROVED, release=release, fingerprint=fingerprint, actor=one.actor, evidence=evidence
                )
        files = {approvals_file(stage, fingerprint): text_of(found)}
        publish(self.clone, stage, f"Record who approved {release} on {stage}", lambda _: files)
        return found

    def _tell_overtaken(self, stage: str, commit: str) -> None:
        """Record what was proposed where it is not what came of it, so that the gate can say what moved."""
        pull, parts = next(self._carriers(stage, commit), ({}, None))
        ledger = Ledger(self.clone.root, stage, self.clock)
        told = {one.fingerprint for one in ledger.entries() if one.kind is Kind.PROPOSED}
        if parts and parts.fingerprint not in told:
            by = Actor(login=pull["user"]["login"], id=pull["user"]["id"])
            ledger.append(
                Kind.PROPOSED,
                release=parts.release.id,
                fingerprint=parts.fingerprint,
                actor=by,
                evidence=_proposal(pull, parts),
            )
            publish(self.clone, stage, f"Record what was proposed for {stage}")

    def _carrier(self, stage: str, commit: str, fingerprint: str) -> dict[str, Any]:
        """The merged pull request whose last commit declared this very fingerprint; empty where none did."""
        carriers = self._carriers(stage, commit)
        return next((pull for pull, parts in carriers if parts.fingerprint == fingerprint), {})

    def _carriers(self, stage: str, commit: str) -> Iterator[tuple[dict[str, Any], Parts]]:
        """The merged pull requests that brought the stage's file as it is, newest first, and what each proposed."""
        sha = self.clone.git("log", "-1", "--format=%H", commit, "--", stack_file(stage))
        pulls = [
            one
            for one in self.github.pages(f"repos/{self.repository}/commits/{sha}/pulls")
            if one["merged_at"] and one["base"]["ref"] == BRANCH
        ]
        for one in sorted(pulls, key=lambda one: str(one["merged_at"]), reverse=True):
            # The head outlives its branch only under this name.
            self.clone.git("fetch", "--quiet", "origin", f"refs/pull/{one['number']}/head")
            yield dict(one), parts_at(self.clone, stage, one["head"]["sha"])

    def _from_environment(self, stage: str, run: int, fingerprint: str, recorded: ApprovalsFile) -> Iterator[Given]:
        """Who let this run into the stage's environment. GitHub does not say when: the first time it is seen counts."""
        known = {person(one.actor): one.at for one in recorded.approvals if one.how == "environment"}
        for one in self.github.get(f"repos/{self.repository}/actions/runs/{run}/approvals"):
            named = {environment["name"] for environment in one["environments"]}
            if one["state"] == "approved" and stage in named and one["user"]["type"] == "User":
                actor = Actor(login=one["user"]["login"], id=one["user"]["id"])
                at = known.get(person(actor), self.clock().replace(microsecond=0))
                yield Given(login=actor.login, id=one["user"]["id"], at=at, how="environment", fingerprint=fingerprint)


def _proposal(pull: dict[str, Any], parts: Parts) -> dict[str, Any]:
    return {"pull": pull["number"], "url": pull["html_url"], "signed": parts.model_dump(mode="json")}


def _judged(clone: Clone, stage: str, head: str, pull: dict[str, Any]) -> GateInput:
    """What the promotion would deploy, under the policy in force: a promotion does not choose its own approvers."""
    read = reader(clone, clone.fetch(BRANCH))
    present = gather_from(stage, read, read_written(stage, read), trees=of_commit(clone, head))
    offered = reader(clone, head)
    section = read_written(stage, offered)
    declared = policy_of(stage, section)
    return replace(
        present,
        release=declared.release,
        settings=settings_of(section),
        approval=declared.approval,
        promotion=declared.promotion,
        teams=teams_from(offered, declared.estate.teams),
        proposers=(Actor(login=pull["user"]["login"], id=pull["user"]["id"]),),
    )


def _may(given: GateInput, actor: Actor, pull: dict[str, Any]) -> None:
    fault = why_not(
        given, Given(login=actor.login, id=actor.id or 0, at=given.now, how="command", fingerprint=given.fingerprint)
    )
    if fault:
        raise Refused(
            f"{actor.login} may not approve #{pull['number']} ({given.release.id} on {given.stage}): {fault}; "
            f"it takes {given.policy.approval.required} of {', '.join(given.policy.approval.approvers)}"
        )
    if any(same(actor, one) for one in given.proposers):
        raise Refused(f"{actor.login} proposed #{pull['number']}, and GitHub takes nobody's review of his own")


def _from_reviews(reviews: Iterable[dict[str, Any]], head: str, stage: str, fingerprint: str) -> list[Given]:
    """Approvals that stand: each person's last decision, of the pull request's last commit."""
    last: dict[int, dict[str, Any]] = {}
    for one in reviews:
        if one["state"] in DECIDING and one["user"] and one["user"]["type"] == "User":
            last[one["user"]["id"]] = one
    return [
        Given(
            login=one["user"]["login"],
            id=one["user"]["id"],
            at=one["submitted_at"],
            how="command" if NAMED.search(one["body"] or "") else "review",
            fingerprint=fingerprint,
        )
        for one in last.values()
        if one["state"] == "APPROVED" and one["commit_id"] == head and _for(one["body"] or "", stage, fingerprint)
    ]


def _for(body: str, stage: str, fingerprint: str) -> bool:
    named = NAMED.search(body)
    return named is None or named.groups() == (fingerprint, stage)


def _proposers(pull: dict[str, Any], commits: Iterable[dict[str, Any]]) -> Iterator[Actor]:
    for account in (pull["user"], *(one[role] for one in commits for role in ("author", "committer"))):
        if account and account.get("type") == "User" and account["login"] != "web-flow":
            yield Actor(login=account["login"], id=account["id"])


def _distinct(actors: Iterable[Actor]) -> list[Actor]:
    return list({person(one): one for one in actors}.values())


def _distinct_approvals(found: Iterable[Given]) -> tuple[Given, ...]:
    """The first of each person, in the order of their giving."""
    kept: dict[object, Given] = {}
    for one in found:
        kept.setdefault(person(one.actor), one)
    return tuple(sorted(kept.values(), key=lambda one: one.at))
