"""Testers' words: said as a comment on the release's issue, recorded in the stage's ledger by the machine."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.emergency import check
from delivery.errors import Refused
from delivery.files import reader
from delivery.gate_input import gather, teams_from
from delivery.git import Clone
from delivery.github import GitHub, account
from delivery.ledger import Ledger, publish
from delivery.releases import declared_policies
from delivery.stage import stages
from model.commands import Subject, Word, Wrong, issue_title, parse, subject
from model.emergency import ALARM
from model.ledger import Actor, Kind, running
from model.people import is_one_of

FREEZES = {"freeze": Kind.FROZEN, "thaw": Kind.THAWED}


@dataclass(frozen=True)
class Recorder:
    """Takes words into the ledgers of one infrastructure clone."""

    clone: Clone
    github: GitHub
    repository: str
    anchor: Callable[[str], None] = lambda _: None
    """Told the stage of each publication; keeps the ledger's head outside of git."""

    def comment(self, number: int) -> str:
        """Record what a comment says; the answer tells what was done, or why nothing was.

        Raises:
            GitHubError: GitHub refused or did not answer.
            Refused: it holds a command that may not be followed; its writer has been told.
        """
        found = self.github.get(f"repos/{self.repository}/issues/comments/{number}")
        command = parse(found["body"] or "")
        if command is None:
            return "holds no command: nothing to do"
        if found["user"]["type"] != "User":
            return f"was written by {found['user']['login']}, which is no person: nothing to do"
        issue = self.github.get(_path(found["issue_url"]))
        about = subject(issue["title"])
        if about is None or "pull_request" in issue:
            return f"stands on #{issue['number']}, which is no release's issue: nothing to do"
        return self._take(found, issue, about, command)

    def freeze(self, command: str, stage: str, reason: str, actor: str) -> str:
        """Record that ``actor`` freezes or thaws ``stage``.

        Raises:
            Refused: the command, stage or actor is not one.
        """
        kind = FREEZES.get(command)
        if kind is None:
            raise Refused(f"unknown command {command!r}; known: {sorted(FREEZES)}")
        if stage not in declared_policies(self.clone.root):
            raise Refused(f"there is no stage {stage!r}; known: {sorted(declared_policies(self.clone.root))}")
        by = account(self.github.get(f"users/{actor}"))
        Ledger(self.clone.root, stage).append(kind, actor=by, reasons=[reason] if reason else [])
        self._publish(stage, f"Record that {stage} is {kind.value}")
        return f"{stage} is {kind.value} by {by.login}"

    def break_glass(self, stage: str, reason: str, actor: str, fingerprint: str) -> str:
        """Record that ``actor`` lets the change with this fingerprint past the gate of ``stage``.

        Raises:
            Refused: it is not what this clone declares, or would not count.
        """
        known = declared_policies(self.clone.root)
        if stage not in known:
            raise Refused(f"there is no stage {stage!r}; known: {sorted(known)}")
        given = gather(stage, self.clone.root, stages(self.clone.root)[stage])
        if given.fingerprint != fingerprint:
            raise Refused(
                f"{stage} is declared with fingerprint {given.fingerprint}, not {fingerprint}: "
                f"git pull, look again, then openim-cicd break-glass {stage} --reason TEXT"
            )
        by = account(self.github.get(f"users/{actor}"))
        check(given, by, reason)
        Ledger(self.clone.root, stage).append(
            Kind.BREAKGLASS,
            release=given.release.id,
            fingerprint=fingerprint,
            actor=by,
            reasons=[reason],
            evidence={"signed": given.parts.model_dump(mode="json")},
        )
        self._publish(stage, f"{ALARM}: record that {by.login} lets {given.release.id} past the gate of {stage}")
        return f"{ALARM}: {by.login} lets {given.release.id} past the gate of {stage}: {reason}"

    def _publish(self, stage: str, message: str) -> None:
        publish(self.clone, stage, message)
        self.anchor(stage)

    def _take(self, found: dict[str, Any], issue: dict[str, Any], about: Subject, command: Word | Wrong) -> str:
        login = found["user"]["login"]
        fault = command.reason if isinstance(command, Wrong) else self._fault(found, about, login)
        if fault or isinstance(command, Wrong):
            text = f"{login}'s comment is not recorded: {fault}"
            self.github.post(f"repos/{self.repository}/issues/{issue['number']}/comments", {"body": f"@{text}"})
            raise Refused(text)
        ledger = Ledger(self.clone.root, about.stage)
        if any(one.evidence.get("comment") == found["id"] for one in ledger.entries()):
            return f"{login}'s comment is recorded already"
        self._append(ledger, about, command, account(found["user"]), found)
        self._publish(about.stage, f"Record that {login} {command.verdict}ed {about.release} on {about.stage}")
        verdict = "passed" if command.verdict == "pass" else "failed, so the release is withdrawn,"
        answer = f"Recorded: {about.release} {verdict} on {about.stage} by {login}."
        self.github.post(f"repos/{self.repository}/issues/{issue['number']}/comments", {"body": answer})
        return answer

    def _fault(self, found: dict[str, Any], about: Subject, login: str) -> str:
        """Why the comment does not count; empty where it does."""
        # In whole seconds: an edit within the second in which the comment was written does not show.
        if found["updated_at"] != found["created_at"]:
            return "it was edited; write a new comment"
        policies = declared_policies(self.clone.root)
        asked = [one for one in policies.values() if one.promotion and one.promotion.source == about.stage]
        testers = sorted({who for one in asked if one.promotion for who in one.promotion.manual_test.testers})
        teams = teams_from(reader(self.clone.root), _teams_file(policies))
        if not is_one_of(login, testers, teams):
            return f"testers of {about.stage} are {', '.join(testers) or 'nobody'}"
        known = {one.release for one in Ledger(self.clone.root, about.stage).entries()}
        return "" if about.release in known else f"{about.stage}'s ledger knows no {about.release}"

    @staticmethod
    def _append(ledger: Ledger, about: Subject, command: Word, actor: Actor, found: dict[str, Any]) -> None:
        evidence = {"verdict": command.verdict, "comment": found["id"], "url": found["html_url"]}
        reasons = [command.note] if command.note else []
        ledger.append(Kind.TESTED, release=about.release, actor=actor, reasons=reasons, evidence=evidence)
        if command.verdict == "fail":
            ledger.append(Kind.WITHDRAWN, release=about.release, actor=actor, reasons=reasons, evidence=evidence)


def say(github: GitHub, repository: str, root: Path, stage: str, words: Word) -> str:
    """Comment on the issue of what ``stage`` runs, as the token's owner; returns the comment's address.

    Raises:
        Refused: nothing is there to be tested.
    """
    entry = running(Ledger(root, stage).entries())
    if entry is None:
        raise Refused(f"{stage}'s ledger names no release that runs there; git pull, or openim-cicd deploy {stage}")
    title = issue_title(entry.release, stage)
    issues = github.pages(f"repos/{repository}/issues", state="all")
    number = next((one["number"] for one in issues if one["title"] == title and "pull_request" not in one), None)
    if number is None:
        raise Refused(f"{repository} has no issue {title!r}; openim-cicd deploy {stage} opens it")
    text = f"/test {words.verdict} {' '.join(words.note.split())}".strip()
    return str(github.post(f"repos/{repository}/issues/{number}/comments", {"body": text})["html_url"])


def _path(url: str) -> str:
    """``repos/o/r/issues/7`` of an address of GitHub's API."""
    return url[url.index("/repos/") + 1 :]


def _teams_file(policies: Any) -> str:
    return next(iter(policies.values())).estate.teams if policies else "estate/teams.yaml"
