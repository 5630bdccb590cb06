"""Offer a stage the release that its source stage verified, as a pull request. Doing it twice is doing it once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from delivery.declared import parts_at, policies, reader
from delivery.errors import Refused
from delivery.gate_input import entries_from, gather_from, unlike_running
from delivery.git import Clone
from delivery.github import GitHub
from delivery.release import BRANCH
from delivery.source import Repository
from delivery.stack_file import release_of, with_release
from delivery.trees import of_commit
from model import ledger
from model.document import Read
from model.gate import Decision, decide
from model.gate_input import GateInput
from model.promotion_text import Commit, Log, body, title
from model.release import Release
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

    def promote(self, stage: str, release: str = "") -> Promotion:
        """Offer ``release``, by default what the source stage runs, to ``stage``.

        Raises:
            Refused: nothing that people or time can do would let it in, with every such reason; or it is there.
        """
        at = self.clone.fetch(BRANCH)
        read = reader(self.clone, at)
        policy = _policy(policies(self.clone, at), stage)
        wanted = self._wanted(read, policy, release)
        if (wanted.id, wanted.images) == (policy.release.id, policy.release.images):
            raise Refused(f"{stack_file(stage)} on {BRANCH} names {wanted.id} already: nothing to promote")
        text = with_release(stage, read(stack_file(stage)), wanted)
        given = gather_from(stage, read, _section(stage, text), trees=of_commit(self.clone, at))
        decision = decide(given)
        if any(one.final for one in decision.reasons):
            raise Refused(decision.text(stage, wanted.id))
        branch = branch_of(stage, wanted.id)
        self._put(branch, text, given)
        offered = self._offer(branch, policy, given, decision)
        self._close_others(stage, offered)
        return offered

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

    def _put(self, branch: str, text: str, given: GateInput) -> None:
        """Make the branch hold this one edit of main; where it is signed as that, it stays, and so do its reviews."""
        stage = given.stage
        if self.clone.git("ls-remote", "origin", f"refs/heads/{branch}"):
            head = self.clone.fetch(branch)
            same = self.clone.file_at(head, stack_file(stage)) == text
            if same and parts_at(self.clone, stage, head).fingerprint == given.fingerprint:
                return
        self.clone.put_branch(branch, BRANCH, title(stage, given.release.id), lambda _: {stack_file(stage): text})

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
