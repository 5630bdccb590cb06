"""Offer a stage the release that its source stage verified, as a pull request. Doing it twice is doing it once."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from delivery.declared import parts_at, policies, reader
from delivery.errors import Refused
from delivery.gate_input import gather_from, unlike_running
from delivery.git import Clone
from delivery.github import GitHub
from delivery.held_plan import look
from delivery.ledger import entries_from
from delivery.plan_files import plan_from, text_of
from delivery.planner import Planner
from delivery.proven import proven
from delivery.release import BRANCH
from delivery.source import Repository
from delivery.stack_file import release_of, with_release
from delivery.trees import of_commit
from model import ledger
from model.document import Read
from model.gate import Decision, decide, needs_plan
from model.gate_input import GateInput
from model.promotion_text import Commit, Log, body, title
from model.release import Release
from model.saved_plan import PlanFile, plan_file
from model.settings import StagePolicy, read_written, stack_file

PREFIX = "promote"
LOOK_BACK = 200
"""Commits of a stage's file in which a release is looked for."""


@dataclass(frozen=True)
class Promotion:
    """What was offered."""

    number: int
    url: str
    given: GateInput
    decision: Decision
    made: bool
    """Whether the pull request is new."""
    unlike: tuple[str, ...] | None
    """What is not as in what runs; None where nobody knows."""


@dataclass(frozen=True)
class Promoter:
    """Offers releases in one infrastructure repository."""

    clone: Clone
    github: GitHub
    repository: str
    """``owner/name`` of the infrastructure repository."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    """What saving a plan takes, where the stage wants one."""

    def promote(self, stage: str, release: str = "") -> Promotion:
        """Offer ``release``, by default what the source stage runs, to ``stage``.

        Raises:
            Refused: nothing that people or time can do would let it in, with every such reason; or it is there.
        """
        self._may_push()
        at = self.clone.fetch(BRANCH)
        read = reader(self.clone, at)
        policy = _policy(policies(self.clone, at), stage)
        wanted = self._wanted(read, policy, release)
        named = (wanted.id, wanted.images) == (policy.release.id, policy.release.images)
        text = read(stack_file(stage)) if named else with_release(stage, read(stack_file(stage)), wanted)
        given = gather_from(stage, read, _section(stage, text), trees=of_commit(self.clone, at))
        if named and not self._lacks_plan(given):
            raise Refused(f"{stack_file(stage)} on {BRANCH} names {wanted.id} already: nothing to promote")
        owner = self.repository.partition("/")[0]
        given = proven(given, self.clone.root, self.environment, owner, read)
        decision = decide(given)
        if any(one.final for one in decision.reasons):
            raise Refused(decision.text(stage, wanted.id))
        branch = branch_of(stage, wanted.id)
        given = self._put(branch, text, given)
        offered = self._offer(branch, policy, given, decide(given))
        self._close_others(stage, offered)
        return offered

    def _may_push(self) -> None:
        """Refuse at once whoever could not push the branch in the end."""
        told = self.github.get(f"repos/{self.repository}").get("permissions") or {}
        if not told.get("push", True):
            raise Refused(
                f"this token may not push to {self.repository}, where a promotion is a branch: Contents, write"
            )

    def _close_others(self, stage: str, offered: Promotion) -> None:
        """Earlier offers to the stage end: merged by mistake, one would take production back behind this one."""
        for one in open_promotions(self.github, self.repository, stage):
            if one["number"] == offered.number:
                continue
            path = f"repos/{self.repository}"
            comments = f"{path}/issues/{one['number']}/comments"
            text = f"#{offered.number} offers {offered.given.release.id} instead."
            if not any(said["body"] == text for said in self.github.pages(comments)):
                self.github.post(comments, {"body": text})
            # Closed last: one that is closed would not be found again by whoever has to go on from here.
            self.github.delete(f"{path}/git/refs/heads/{one['head']['ref']}")
            self.github.patch(f"{path}/pulls/{one['number']}", {"state": "closed"})

    def _wanted(self, read: Read, policy: StagePolicy, release: str) -> Release:
        """The release with its sources and authors, as the source stage's file named it."""
        origin = policy.promotion.source if policy.promotion else ""
        running = ledger.running(entries_from(read, origin))
        identity = release or (running.release if running else "")
        if not identity:
            raise Refused(f"{origin} has deployed nothing: openim-cicd deploy {origin}, then promote")
        file = stack_file(origin)
        commits = self.clone.git("log", f"-{LOOK_BACK}", "--format=%H", f"refs/remotes/origin/{BRANCH}", "--", file)
        for commit in commits.split():
            found = release_of(origin, self.clone.file_at(commit, file) or "")
            if found.id == identity:
                return found
        raise Refused(f"{identity} was never on {origin} ({file}); known: openim-cicd release list")

    def _lacks_plan(self, given: GateInput) -> bool:
        """Whether main declares a change that is not let in for want of a plan that can be applied."""
        return needs_plan(given) and (given.plan is None or bool(self._fault(given, given.plan)))

    def _fault(self, given: GateInput, plan: PlanFile) -> str:
        return look(self.clone.root, given.stage, plan, self.environment)[1]

    def _put(self, branch: str, text: str, given: GateInput) -> GateInput:
        """Make the branch hold this one edit of main, with its plan; where it does, it stays, and so do its reviews."""
        stage, message = given.stage, title(given.stage, given.release.id)
        wants_plan = needs_plan(given) or given.approval.require_saved_plan
        if self.clone.git("ls-remote", "origin", f"refs/heads/{branch}"):
            head = self.clone.fetch(branch)
            same = self.clone.file_at(head, stack_file(stage)) == text
            if same and parts_at(self.clone, stage, head).fingerprint == given.fingerprint:
                plan = plan_from(reader(self.clone, head), stage, given.fingerprint)[0]
                if not wants_plan or (plan and not self._fault(given, plan)):
                    return replace(given, plan=plan)
        files = {stack_file(stage): text}
        if wants_plan:
            given = replace(given, plan=self._planned(message, files, given))
            files[plan_file(stage)] = text_of(given.plan) if given.plan else ""
        self.clone.put_branch(branch, BRANCH, message, lambda _: files)
        return given

    def _planned(self, message: str, files: Mapping[str, str], given: GateInput) -> PlanFile:
        commit = self.clone.made(BRANCH, message, lambda _: files)
        planner = Planner(self.clone, self.environment)
        return planner.of_commit(given.stage, commit, given.release.id, given.fingerprint)

    def _offer(self, branch: str, policy: StagePolicy, given: GateInput, decision: Decision) -> Promotion:
        owner = self.repository.partition("/")[0]
        unlike = unlike_running(self.clone, given)
        wanted = {
            "title": title(given.stage, given.release.id),
            "body": body(
                given,
                decision,
                policy.release,
                self._logs(owner, policy.release, given.release),
                unlike,
            ),
        }
        path = f"repos/{self.repository}/pulls"
        present = next(iter(self.github.pages(path, head=f"{owner}:{branch}", base=BRANCH, state="open")), None)
        if present is None:
            pull = self.github.post(path, {**wanted, "head": branch, "base": BRANCH})
        elif any(present[key] != value for key, value in wanted.items()):
            pull = self.github.patch(f"{path}/{present['number']}", wanted)
        else:
            pull = present
        return Promotion(pull["number"], pull["html_url"], given, decision, present is None, unlike)

    def _logs(self, owner: str, old: Release, new: Release) -> Iterator[Log]:
        for name, source in new.sources.items():
            before = old.sources.get(name)
            if before == source:
                continue
            if before is None:
                yield Log(name, (), f"nobody recorded what {old.id} was built from")
                continue
            reach = Repository(self.github, f"{owner}/{name}", source.branch).between(before.commit, source.commit)
            if reach is None:
                yield Log(name, (), f"{before.commit[:12]} does not exist any more")
            else:
                yield Log(name, [_commit(one) for one in reversed(reach.commits)])


def branch_of(stage: str, release: str) -> str:
    """``promote/prod/v3.8.4-a1b2c3d``."""
    return f"{PREFIX}/{stage}/{re.sub(r'[^A-Za-z0-9._-]', '-', release)}"


def open_promotions(github: GitHub, repository: str, stage: str) -> list[dict[str, Any]]:
    """Every open promotion of ``stage``; branches of forks are none, whatever they are called."""
    return [
        dict(one)
        for one in github.pages(f"repos/{repository}/pulls", state="open", base=BRANCH)
        if one["head"]["ref"].startswith(f"{PREFIX}/{stage}/")
        and (one["head"]["repo"] or {}).get("full_name", "").lower() == repository.lower()
    ]


def open_promotion(github: GitHub, repository: str, stage: str, number: int = 0) -> dict[str, Any]:
    """The open promotion of ``stage``.

    Raises:
        Refused: there is none, or more than one and ``number`` names none of them.
    """
    found = [one for one in open_promotions(github, repository, stage) if number in {0, one["number"]}]
    if not found:
        raise Refused(f"no promotion of {stage} is open; openim-cicd promote {stage} offers one")
    if len(found) > 1:
        listed = ", ".join(f"#{one['number']} ({one['title']})" for one in found)
        raise Refused(f"several promotions of {stage} are open: {listed}; say which by --number, or close the others")
    return found[0]


def _policy(found: dict[str, StagePolicy], stage: str) -> StagePolicy:
    takes = sorted(name for name, one in found.items() if one.promotion)
    if stage not in takes:
        raise Refused(f"{stage} takes no releases from another stage (openim-cicd:promotion); those that do: {takes}")
    return found[stage]


def _section(stage: str, text: str) -> dict[str, Any]:
    return read_written(stage, lambda _: text)


def _commit(one: dict[str, Any]) -> Commit:
    by = one["author"]["login"] if one["author"] else one["commit"]["author"]["name"]
    return Commit(one["sha"], one["commit"]["message"].split("\n")[0], by, one["html_url"])
