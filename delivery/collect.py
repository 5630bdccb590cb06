"""Collect what people said on GitHub about the change that is being deployed, and record it.

What counts is decided by the gate. Here is read who said what where, with GitHub's word for who they are: a review of
the promotion's last commit, or a review of the deployment environment in this very run.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from delivery.approvals import approvals_file, approvals_from
from delivery.declared import parts_at, reader
from delivery.errors import Refused
from delivery.gate_input import gather_from, verifier
from delivery.git import Clone
from delivery.github import GitHub, account
from delivery.ledger import Clock, Ledger, now, publish
from delivery.plan_files import plan_from
from delivery.release import BRANCH
from delivery.signing import machine
from delivery.stack_file import round_trip
from delivery.trees import of_commit
from model.approvals_file import ApprovalsFile, Signed, Statement, signed
from model.chain import Sign
from model.fingerprint import Parts
from model.gate import why_not
from model.gate_input import GateInput
from model.ledger import Actor, Kind, instant, person
from model.saved_plan import EVIDENCE as PLAN
from model.saved_plan import plan_file
from model.settings import read_written, stack_file

How = Literal["review", "environment", "command"]
Pull = dict[str, Any]

NAMED = re.compile(r"\bApproves fingerprint ([0-9a-f]{64}) of ([a-z][a-z0-9-]*)(?: with plan (sha256:[0-9a-f]{64}))?")
"""What the command writes into its review; a review that names another fingerprint or plan is not for this one."""
BLOCK = re.compile(r"^```json\n(?P<statement>\{[^\n]+\})\n(?P<signature>[A-Za-z0-9+/=]+)\n```$", re.MULTILINE)
"""What a person signed with a key of their own, in a review."""
DECIDING = {"APPROVED", "CHANGES_REQUESTED", "DISMISSED"}
"""A later comment takes no approval back (GitHub documentation: about pull request reviews)."""


@dataclass(frozen=True)
class Collector:
    """Collects what was said about a stage's change."""

    clone: Clone
    github: GitHub
    repository: str
    clock: Clock = now
    sign: Sign | None = field(default_factory=machine, repr=False)
    """Vouches for whom GitHub authenticated; default the machine's key, if the environment names it."""

    def collect(self, stage: str, *, commit: str = "HEAD", run: int = 0) -> tuple[GateInput, ApprovalsFile, Pull]:
        """What ``commit`` declares, with who approved it; the same as a file; the pull request that brought it, if any.

        ``run`` is the workflow run that deploys it, whose environment people may have reviewed.

        Raises:
            GitHubError: GitHub refused or did not answer.
            SettingsError: the stage's file cannot be read.
            Refused: the recorded approvals cannot be read; they are not written over.
        """
        commit = self.clone.git("rev-parse", commit)
        read = reader(self.clone, commit)
        given = gather_from(stage, read, read_written(stage, read), trees=of_commit(self.clone, commit))
        recorded, broken = approvals_from(read, stage, given.fingerprint)
        if broken:
            raise Refused(broken)
        pull = self._carrier(stage, commit, given.fingerprint)
        fresh: list[Signed] = []
        proposers: list[Actor] = []
        if pull:
            path = f"repos/{self.repository}/pulls/{pull['number']}"
            fresh += self._from_reviews(path, pull["head"]["sha"], given)
            proposers = _distinct(_proposers(pull, self.github.pages(f"{path}/commits")))
        fresh += self._from_environment(given, run, recorded) if run else ()
        file = ApprovalsFile(
            proposers=tuple(proposers) or recorded.proposers, approvals=_merged((*fresh, *recorded.approvals))
        )
        found, void = verifier(given).verified(file.approvals)
        return replace(given, approvals=found, void=void, proposers=file.proposers), file, pull

    def record(self, stage: str, *, commit: str = "HEAD", run: int = 0) -> GateInput:
        """Collect, and publish what is new: the approvals' file; in the ledger who proposed, and approvals that count.

        Raises:
            Refused: GitHub or the remote does not answer, or does not let this in.
        """
        given, file, pull = self.collect(stage, commit=commit, run=run)
        if not file.approvals and not pull:
            self._tell_overtaken(stage, commit)
            return given
        release, fingerprint = given.release.id, given.fingerprint
        ledger = Ledger(self.clone.root, stage, self.clock)
        entries = [one for one in ledger.entries() if one.fingerprint == fingerprint]
        if pull and pull["number"] not in {one.evidence.get("pull") for one in entries if one.kind is Kind.PROPOSED}:
            _record_proposal(ledger, pull, given.parts)
        told = {(person(one.actor), one.evidence.get(PLAN)) for one in entries if one.kind is Kind.APPROVED}
        for one in given.approvals:
            if not why_not(given, one) and (person(one.actor), one.plan) not in told:
                evidence = {"how": one.how, "given": instant(one.at), "signedBy": one.by}
                evidence |= {PLAN: one.plan} if one.plan else {}
                ledger.append(
                    Kind.APPROVED, release=release, fingerprint=fingerprint, actor=one.actor, evidence=evidence
                )
        files = {approvals_file(stage, fingerprint): text_of(file)}
        publish(self.clone, stage, f"Record who approved {release} on {stage}", lambda _: files)
        return given

    def _tell_overtaken(self, stage: str, commit: str) -> None:
        """Record what was proposed where it is not what came of it, so that the gate can say what moved."""
        pull, parts = next(self._carriers(stage, commit), ({}, None))
        ledger = Ledger(self.clone.root, stage, self.clock)
        told = {one.fingerprint for one in ledger.entries() if one.kind is Kind.PROPOSED}
        if parts and parts.fingerprint not in told:
            _record_proposal(ledger, pull, parts)
            publish(self.clone, stage, f"Record what was proposed for {stage}")

    def _carrier(self, stage: str, commit: str, fingerprint: str) -> Pull:
        """The merged pull request whose last commit declared this very fingerprint; empty where none did."""
        carriers = self._carriers(stage, commit)
        return next((pull for pull, parts in carriers if parts.fingerprint == fingerprint), {})

    def _carriers(self, stage: str, commit: str) -> Iterator[tuple[Pull, Parts]]:
        """The merged pull requests that brought the stage's file as it is, newest first, and what each proposed."""
        sha = self.clone.git("log", "-1", "--format=%H", commit, "--", stack_file(stage), plan_file(stage))
        pulls = [
            one
            for one in self.github.pages(f"repos/{self.repository}/commits/{sha}/pulls")
            if one["merged_at"] and one["base"]["ref"] == BRANCH
        ]
        for one in sorted(pulls, key=lambda one: str(one["merged_at"]), reverse=True):
            # The head outlives its branch only under this name.
            self.clone.git("fetch", "--quiet", "origin", f"refs/pull/{one['number']}/head")
            yield dict(one), parts_at(self.clone, stage, one["head"]["sha"])

    def _from_reviews(self, path: str, head: str, given: GateInput) -> list[Signed]:
        """What reviewers of the pull request's last commit approved, with the plan that they had before them."""
        plan = plan_from(reader(self.clone, head), given.stage, given.fingerprint)[0]
        return from_reviews(self.github.pages(f"{path}/reviews"), head, replace(given, plan=plan), self.sign)

    def _from_environment(self, given: GateInput, run: int, recorded: ApprovalsFile) -> Iterator[Signed]:
        """Who let this run into the stage's environment. GitHub does not say when: the first time it is seen counts."""
        said = [one.claimed for one in recorded.approvals]
        known = {one.id: one.at for one in said if one and one.how == "environment"}
        for one in self.github.get(f"repos/{self.repository}/actions/runs/{run}/approvals"):
            named = {environment["name"] for environment in one["environments"]}
            if one["state"] == "approved" and given.stage in named and one["user"]["type"] == "User":
                actor = account(one["user"])
                at = known.get(one["user"]["id"], self.clock().replace(microsecond=0))
                yield signed(statement(given, actor, at, "environment"), self.sign)


def _record_proposal(ledger: Ledger, pull: Pull, parts: Parts) -> None:
    evidence = {"pull": pull["number"], "url": pull["html_url"], "signed": parts.model_dump(mode="json")}
    ledger.append(
        Kind.PROPOSED,
        release=parts.release.id,
        fingerprint=parts.fingerprint,
        actor=account(pull["user"]),
        evidence=evidence,
    )


def from_reviews(reviews: Iterable[dict[str, Any]], head: str, given: GateInput, sign: Sign | None) -> list[Signed]:
    """Approvals that stand: each person's last decision, of the pull request's last commit."""
    last: dict[int, dict[str, Any]] = {}
    for one in reviews:
        if one["state"] in DECIDING and one["user"] and one["user"]["type"] == "User":
            last[one["user"]["id"]] = one
    return [
        _of_review(one, given, sign)
        for one in last.values()
        if one["state"] == "APPROVED" and one["commit_id"] == head and _for(one["body"] or "", given)
    ]


def _of_review(review: dict[str, Any], given: GateInput, sign: Sign | None) -> Signed:
    """What its writer signed, as it stands there; else the machine's word that GitHub authenticated the writer.

    What speaks for somebody else is nobody's word: it must not stand in that person's place.
    """
    body, actor = review["body"] or "", account(review["user"])
    block = BLOCK.search(body.replace("\r\n", "\n"))
    own_word = Signed(statement=block["statement"], signature=block["signature"]) if block else None
    if own_word and own_word.claimed and own_word.claimed.id == actor.id:
        return own_word
    at = datetime.fromisoformat(review["submitted_at"])
    return signed(statement(given, actor, at, "command" if NAMED.search(body) else "review"), sign)


def _for(body: str, given: GateInput) -> bool:
    named = NAMED.search(body)
    return named is None or named.groups() == (given.fingerprint, given.stage, given.planned)


def _proposers(pull: Pull, commits: Iterable[dict[str, Any]]) -> Iterator[Actor]:
    for user in (pull["user"], *(one[role] for one in commits for role in ("author", "committer"))):
        if user and user.get("type") == "User" and user["login"] != "web-flow":
            yield account(user)


def _distinct(actors: Iterable[Actor]) -> list[Actor]:
    return list({person(one): one for one in actors}.values())


def _merged(found: Iterable[Signed]) -> tuple[Signed, ...]:
    """One of each person, what is signed before what is not, in the order of their giving."""
    kept: dict[object, Signed] = {}
    for one in sorted(found, key=lambda one: not one.signature):
        kept.setdefault(one.claimed.id if one.claimed else one.statement, one)
    return tuple(sorted(kept.values(), key=lambda one: (instant(one.claimed.at) if one.claimed else "", one.statement)))


def statement(given: GateInput, actor: Actor, at: datetime, how: How) -> Statement:
    """What ``actor`` says about the change, as it is signed."""
    return Statement(
        stage=given.stage,
        fingerprint=given.fingerprint,
        plan=given.planned,
        release=given.release.id,
        login=actor.login,
        id=actor.id or 0,
        at=at,
        how=how,
    )


def text_of(approvals: ApprovalsFile) -> str:
    """The file as it is written: one line for each statement."""
    data = CommentedMap()
    for key, rows in approvals.model_dump(by_alias=True, mode="json").items():
        data[key] = CommentedSeq(_in_flow(row) for row in rows)
    out = io.StringIO()
    round_trip().dump(data, out)
    return out.getvalue()


def _in_flow(row: dict[str, object]) -> CommentedMap:
    made = CommentedMap(row)
    made.fa.set_flow_style()
    return made
