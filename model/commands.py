"""Commands in comments: what a person said, and nothing that was quoted, fenced, or only talked about.

A command begins a line of its own: ``/test pass``, ``/test pass looks good``, ``/test fail login hangs``.
"""

import re
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail"]

ISSUE = re.compile(r"^Release (?P<release>v\S+) on (?P<stage>[a-z][a-z0-9-]*)$")
"""Title of the issue on which a release is tested (``issue_title``)."""
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
COMMENTED = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
COMMAND = re.compile(r"^ {0,3}/test(?:[ \t]+(\S+))?(?:[ \t]+(.*?))?[ \t]*$")
LONGEST = 2_000
"""Characters of a note that are kept."""


@dataclass(frozen=True)
class Word:
    """A tester's word."""

    verdict: Verdict
    note: str


@dataclass(frozen=True)
class Wrong:
    """A command that cannot be followed; the text tells its writer why."""

    reason: str


@dataclass(frozen=True)
class Subject:
    """What an issue's title says is being tested."""

    release: str
    stage: str


def subject(title: str) -> Subject | None:
    """The release and stage of a release's issue; None for any other issue."""
    match = ISSUE.match(title.strip())
    return Subject(match["release"], match["stage"]) if match else None


def issue_title(release: str, stage: str) -> str:
    """The title from which ``subject`` reads the same."""
    return f"Release {release} on {stage}"


def parse(body: str) -> Word | Wrong | None:
    """The one command of a comment; None where it holds none."""
    found = [match for line in spoken(body) if (match := COMMAND.match(line))]
    if not found:
        return None
    if len(found) > 1:
        return Wrong("holds several /test commands: write one to a comment")
    verdict, note = found[0][1], (found[0][2] or "").strip()[:LONGEST]
    if verdict == "pass":
        return Word("pass", note)
    if verdict != "fail":
        return Wrong("say `/test pass [note]` or `/test fail note`")
    return Word("fail", note) if note else Wrong("say what failed: `/test fail note`")


def spoken(body: str) -> list[str]:
    """The lines that the writer says himself: no quotes, no code, nothing hidden."""
    lines, fence = [], ""
    for line in COMMENTED.sub("", body.replace("\r\n", "\n").replace("\r", "\n")).split("\n"):
        opened = FENCE.match(line)
        if fence:
            closed = opened is not None and opened[1][0] == fence[0] and len(opened[1]) >= len(fence)
            fence = "" if closed and not line.strip().strip(fence[0]) else fence
        elif opened:
            fence = opened[1]
        elif not line.lstrip().startswith(">") and not line.startswith(("    ", "\t")):
            lines.append(line)
    return lines
