"""What a promotion says to those who decide: what changes, where it comes from, what it showed, who must approve.

GitHub cuts nothing: a body over its 65,536 characters is refused, so the changelog is shortened, never the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from model.gate import Decision
from model.gate_input import GateInput
from model.ledger import WORKING, Entries, instant, last, tests
from model.moved import OWN
from model.names import duration_text
from model.release import Release
from model.signed_text import NOTHING_KNOWN, planned, signed, unsigned

LIMIT = 60_000
"""Characters; GitHub takes 65,536."""
LINE, LINES = 600, 40
"""Characters of a line, and lines, about what is signed; the commands print all of it."""
MARK = "<!-- openim-cicd:promotion -->"


@dataclass(frozen=True)
class Commit:
    """A line of the changelog."""

    sha: str
    subject: str
    by: str
    url: str


@dataclass(frozen=True)
class Log:
    """What one repository brings."""

    repository: str
    commits: Sequence[Commit]
    note: str = ""
    """Why there is nothing to show."""


def title(stage: str, release: str) -> str:
    """``Promote v3.8.4+a1b2c3d to prod``."""
    return f"Promote {release} to {stage}"


def body(
    given: GateInput, decision: Decision, present: Release, logs: Iterable[Log], unlike: Sequence[str] | None
) -> str:
    """The pull request's text; ``unlike`` is what is not as in what runs, None where nobody knows."""
    head = [
        MARK,
        *_power(given, unlike),
        *_head(given, present),
        *_images(present, given.release),
        *_signed(given, unlike),
    ]
    head += [*_evidence(given), *_approvers(given), *_lacking(decision)]
    room = LIMIT - sum(len(line) + 1 for line in head)
    return "\n".join([*head, *_changelog(logs, room)]) + "\n"


def _power(given: GateInput, unlike: Sequence[str] | None) -> list[str]:
    """What of it would change who decides: first of all, since it is what an approver must not overlook."""
    told = [*given.policy_changes, *(one for one in unlike or () if one.startswith(OWN))]
    if not told:
        return []
    lines = [f"> - {_plain(one, LINE)}" for one in told]
    return [
        "> [!CAUTION]",
        f"> **This changes who decides about {given.stage}.** The policy in force judges it; once deployed and seen to",
        "> work, this is in force:",
        ">",
        *lines,
        "",
    ]


def _head(given: GateInput, present: Release) -> list[str]:
    return [
        f"Merging this deploys **{given.release.id}** on **{given.stage}**, which names {present.id} now.",
        "",
        f"The fingerprint that is approved: `{given.fingerprint}`",
        "",
    ]


def _images(present: Release, release: Release) -> list[str]:
    changed = _differences(present.images, release.images)
    if not changed:
        return ["No image changes.", ""]
    rows = [f"| {name} | {_short(old)} | {_short(new)} |" for name, (old, new) in sorted(changed.items())]
    return [
        f"### {len(changed)} of {len(release.images)} images change",
        "",
        "| image | now | then |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _signed(given: GateInput, unlike: Sequence[str] | None) -> list[str]:
    told = [*signed(given.parts), *planned(given.plan)]
    lines = ["### What an approval signs", "", *(f"- {_plain(one, LINE)}" for one in told)]
    lines += [f"- {unsigned(given.plan)}", ""]
    if unlike is None:
        return [*lines, f"Unlike what runs: {NOTHING_KNOWN}.", ""]
    # The images have a table of their own.
    rows = [f"- {_plain(one, LINE)}" for one in unlike if not one.startswith("image ")]
    more = [f"- and {len(rows) - LINES} more"] if len(rows) > LINES else []
    return [*lines, "Unlike what runs:", "", *rows[:LINES], *more, ""]


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    names = old.keys() | new.keys()
    return {name: (old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)}


def _short(digest: str) -> str:
    return f"`{digest[:19]}`" if digest else "none"


def _evidence(given: GateInput) -> list[str]:
    promotion = given.policy.promotion
    if promotion is None:
        return []
    origin, identity = promotion.source, given.release.id
    own: Entries = [one for one in given.source if one.release == identity]
    verified = last(own, *WORKING)
    lines = [f"### What {origin} showed", ""]
    lines.append(f"- verified at {instant(verified.at)}" if verified else "- not verified")
    for word in tests(given.source, identity):
        said = f": {_plain('; '.join(word.reasons))}" if word.reasons else ""
        lines.append(f"- {'passed' if word.passed else 'failed'} by {word.actor.login} at {instant(word.at)}{said}")
    return [*lines, ""]


def _approvers(given: GateInput) -> list[str]:
    policy = given.policy.approval
    if not policy.required:
        return ["Nobody need approve.", ""]
    groups = " or ".join(f"`{one}`" for one in policy.approvers)
    lines = ["### Who must approve", "", f"- {policy.required} people of {groups}"]
    lines += [f"- one of them of `{one}`" for one in policy.at_least_one_from]
    if not policy.self_approval:
        authors = ", ".join(_plain(one.login) for one in given.release.authors)
        lines.append(f"- none who had a hand in it{f': {authors}' if authors else ''}")
    lines += [
        f"- within {duration_text(policy.expires_after)} before it is deployed",
        "",
        f"How: an approving review here, or `openim-cicd approve {given.stage}`. A push to this branch ends them all.",
    ]
    return [*lines, ""]


def _lacking(decision: Decision) -> list[str]:
    if not decision.reasons:
        return []
    return ["### Still missing", "", *(f"- {_plain(one.text)}; next: `{one.remedy}`" for one in decision.reasons), ""]


def _changelog(logs: Iterable[Log], room: int) -> list[str]:
    lines = ["### What is new", ""]
    for log in logs:
        lines.append(f"**{log.repository}**: {log.note or f'{len(log.commits)} commits'}")
        lines += [f"- [`{one.sha[:9]}`]({one.url}) {_plain(one.subject)} ({_plain(one.by)})" for one in log.commits]
        lines.append("")
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 100:
            return [*kept, f"- and {len(lines) - len(kept)} lines more"]
        kept.append(line)
    return kept


def _plain(text: str, limit: int = 160) -> str:
    """Words of others as words: no mention, no link, no mark-up, no line of their own."""
    return "`" + " ".join(text.replace("`", "'").split())[:limit] + "`" if text.strip() else ""
