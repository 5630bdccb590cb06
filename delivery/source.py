"""A source repository as releases see it: which commit has images, what led to it, and who had a hand in it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from delivery.github import GitHub
from model.images_check import APP, NAME, Built, built
from model.release import Author

LOOK_BACK = 50
"""Commits of the branch that are looked at; older ones have had their chance."""
MANAGED = frozenset({".github/workflows/openim-cicd.yml", ".github/CODEOWNERS"})
"""Files that the machine writes itself: they build nothing new."""
WORKFLOW = ".github/workflows/openim-cicd.yml"
PASSING = {"success", "neutral", "skipped"}
CO_AUTHOR = re.compile(r"^co-authored-by:\s*(.*?)\s*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)
NO_REPLY = re.compile(r"^(?:(\d+)\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com$", re.IGNORECASE)
WEB_FLOW = "web-flow"
"""GitHub itself, which commits what is merged on its pages."""
FILES_LISTED = 300
"""GitHub lists so many files of a comparison at most; more are not told apart."""


@dataclass(frozen=True)
class Candidate:
    """A commit whose images may be released."""

    commit: str
    images: Built


@dataclass(frozen=True)
class Range:
    """What lies between two commits of one branch."""

    commits: tuple[dict[str, Any], ...]
    """As GitHub tells them, oldest first."""
    files: frozenset[str] | None
    """What differs; None where it is too much to list."""
    descends: bool
    """Whether the second commit has the first among its ancestors."""

    @property
    def managed_only(self) -> bool:
        """Whether nothing but the machine's own files differs."""
        return self.files is not None and self.files <= MANAGED


@dataclass(frozen=True)
class Repository:
    """One repository and its release branch."""

    github: GitHub
    name: str
    """``owner/name``."""
    branch: str

    def newest(self, until: str = "") -> Candidate | None:
        """The newest commit of the branch with images and every required check passed; None down to ``until``.

        Follows first parents: what the branch itself held, in the order of the pushes, whatever dates say.

        Raises:
            GitHubError: GitHub refused or did not answer.
            SettingsError: a check does not say what it must.
        """
        required = self._required()
        for commit in self._line():
            if commit == until:
                return None
            images = self._images(commit)
            if images and self._passed(commit, required):
                return Candidate(commit, images)
        return None

    def between(self, base: str, head: str) -> Range | None:
        """From ``base`` to ``head``; None where one of them does not exist any more."""
        found = self.github.find(f"repos/{self.name}/compare/{base}...{head}", per_page=100)
        if found is None:
            return None
        commits = list(found["commits"])
        page = 2
        while len(commits) < found["total_commits"]:
            more = self.github.get(f"repos/{self.name}/compare/{base}...{head}", per_page=100, page=page)["commits"]
            if not more:
                break
            commits += more
            page += 1
        files = found.get("files") or []
        listed = None if len(files) >= FILES_LISTED else frozenset(_names(files))
        return Range(tuple(commits), listed, found["status"] in {"ahead", "identical"})

    def tags(self) -> list[tuple[str, str]]:
        """Each tag with its commit."""
        return [(one["name"], one["commit"]["sha"]) for one in self.github.pages(f"repos/{self.name}/tags")]

    def people(self, commits: Iterable[dict[str, Any]]) -> list[Author]:
        """Whoever wrote, co-wrote, committed, merged or pushed these commits; each once."""
        commits = list(commits)
        found: dict[object, Author] = {}
        for author in (*self._writers(commits), *self._mergers(commits), *self._pushers(commits)):
            found.setdefault(author.id or author.login.lower(), author)
        return list(found.values())

    def _line(self) -> Iterator[str]:
        """Commits of the branch along first parents, newest first."""
        listed: dict[str, dict[str, Any]] = {}
        for one in self.github.get(f"repos/{self.name}/commits", sha=self.branch, per_page=100):
            listed[one["sha"]] = one
        sha = next(iter(listed), "")
        for _ in range(LOOK_BACK):
            if not sha:
                return
            yield sha
            one = listed.get(sha) or self.github.get(f"repos/{self.name}/commits/{sha}")
            sha = one["parents"][0]["sha"] if one["parents"] else ""

    def _required(self) -> frozenset[str]:
        """Checks that the branch's rules demand."""
        rules = self.github.pages(f"repos/{self.name}/rules/branches/{self.branch}")
        wanted = [
            check["context"]
            for rule in rules
            if rule["type"] == "required_status_checks"
            for check in rule["parameters"]["required_status_checks"]
        ]
        return frozenset(wanted)

    def _images(self, commit: str) -> Built | None:
        """What CI's own push of this branch says it built at ``commit``."""
        runs = self.github.pages(f"repos/{self.name}/commits/{commit}/check-runs", "check_runs", check_name=NAME)
        checks = [one for one in runs if one["app"]["slug"] == APP and one["conclusion"] == "success"]
        if not checks or not self._pushed(commit):
            return None
        newest = max(checks, key=lambda one: int(one["id"]))
        return built(newest["output"]["text"] or "", f"{self.name}@{commit[:12]}, check {NAME}")

    def _pushed(self, commit: str) -> bool:
        """Whether CI ran for a push of exactly this branch: a pull request's run could leave checks as well."""
        runs = self.github.get(f"repos/{self.name}/actions/runs", head_sha=commit, event="push", branch=self.branch)[
            "workflow_runs"
        ]
        return any(one["path"].partition("@")[0] == WORKFLOW for one in runs)

    def _passed(self, commit: str, required: frozenset[str]) -> bool:
        """Whether the newest result of every required check is a good one."""
        results: dict[str, tuple[int, str]] = {}
        for one in self.github.pages(f"repos/{self.name}/commits/{commit}/check-runs", "check_runs", filter="latest"):
            newest = results.get(one["name"], (-1, ""))
            if int(one["id"]) > newest[0]:
                results[one["name"]] = (int(one["id"]), one["conclusion"] or "")
        missing = {name for name in required if results.get(name, (0, ""))[1] not in PASSING}
        if not missing:
            return True
        statuses = self.github.get(f"repos/{self.name}/commits/{commit}/status")["statuses"]
        return missing <= {one["context"] for one in statuses if one["state"] == "success"}

    def _writers(self, commits: Iterable[dict[str, Any]]) -> Iterator[Author]:
        for one in commits:
            yield _known(one["author"], one["commit"]["author"])
            if not one["committer"] or one["committer"]["login"] != WEB_FLOW:
                yield _known(one["committer"], one["commit"]["committer"])
            yield from (self._by_mail(mail) for _, mail in CO_AUTHOR.findall(one["commit"]["message"]))

    def _mergers(self, commits: Iterable[dict[str, Any]]) -> Iterator[Author]:
        numbers = {
            pull["number"]
            for one in commits
            for pull in self.github.pages(f"repos/{self.name}/commits/{one['sha']}/pulls")
        }
        for number in sorted(numbers):
            pull = self.github.get(f"repos/{self.name}/pulls/{number}")
            if pull["merged_by"]:
                yield Author(id=pull["merged_by"]["id"], login=pull["merged_by"]["login"])

    def _pushers(self, commits: list[dict[str, Any]]) -> Iterator[Author]:
        """Whose pushes started CI."""
        for sha in sorted({one["sha"] for one in commits}):
            # By commit: a list of all runs ends after a thousand (GitHub REST API: list workflow runs).
            for run in self.github.pages(
                f"repos/{self.name}/actions/runs", "workflow_runs", event="push", head_sha=sha
            ):
                if run["actor"]:
                    yield Author(id=run["actor"]["id"], login=run["actor"]["login"])

    def _by_mail(self, mail: str) -> Author:
        """GitHub's own addresses name an account; it is looked up, since anybody can write one into a commit."""
        match = NO_REPLY.match(mail)
        user = self.github.find(f"user/{match[1]}" if match[1] else f"users/{match[2]}") if match else None
        return Author(id=user["id"], login=user["login"]) if user else Author(login=mail)


def _known(account: dict[str, Any] | None, signature: dict[str, Any]) -> Author:
    if account:
        return Author(id=account["id"], login=account["login"])
    return Author(login=signature["email"] or signature["name"] or "unknown")


def _names(files: Iterable[dict[str, Any]]) -> Iterator[str]:
    for one in files:
        yield one["filename"]
        if one.get("previous_filename"):
            yield one["previous_filename"]
