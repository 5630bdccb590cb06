"""Texts of the issues that people read: what to test and how to say so, what failed and what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.emergency import ALARM
from model.evidence import Evidence
from model.release import Release


def invitation_text(stage: str, release: Release, addresses: Mapping[str, str], testers: Sequence[str]) -> str:
    """Where the release runs, what it was built from, and how a tester records a word."""
    lines = [
        f"`{release.id}` runs on **{stage}** and is verified: rolled out, probes green, smoke checks answered.",
        "",
    ]
    lines += ["| service | address |", "|---|---|", *(f"| {name} | {at} |" for name, at in sorted(addresses.items()))]
    if not addresses:
        lines[-2:] = ["No service has an address outside the cluster; give one a `host` in the stack's overrides."]
    if release.sources:
        lines += ["", "| repository | branch | commit |", "|---|---|---|"]
        lines += [f"| {name} | {one.branch} | {one.commit[:12]} |" for name, one in release.sources.items()]
    who = ", ".join(f"`{one}`" for one in testers) or "nobody in particular"
    lines += ["", f"Testers: {who}. Say what you found in a comment of its own, one of:", ""]
    lines += ["```", "/test pass what was tried", "/test fail what is wrong", "```", ""]
    lines += ["From a shell: `openim-cicd test pass --note '…'`. A fail withdraws the release."]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Failure:
    """A release that proved bad on a stage."""

    stage: str
    bad: str
    """Its id."""
    back: str
    """The release that the stage is back on; empty where it is not."""
    reasons: Sequence[str]
    evidence: Evidence | None

    @property
    def title(self) -> str:
        """Title of its issue."""
        return f"Release {self.bad} failed on {self.stage}"


def failure_text(failure: Failure) -> str:
    """What was seen, part by part, and where the stage stands now."""
    stage, back = failure.stage, failure.back
    now = f"{stage} is back on `{back}`, verified." if back else f"**{stage} still runs it, or a part of it.**"
    lines = [f"`{failure.bad}` failed on **{stage}**. {now}", "", *(f"- {_inline(one)}" for one in failure.reasons)]
    if failure.evidence:
        lines += ["", "| part | verdict | after |", "|---|---|---|"]
        lines += [f"| {_inline(one.name)} | {one.verdict} | {one.seconds:.1f} s |" for one in failure.evidence.parts]
    lines += ["", "Everything that was recorded: `openim-cicd status --why`. A failed release is not promoted again;"]
    lines += ["the next commit of its branch makes a new one."]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Emergency:
    """A change that was let past the gate."""

    stage: str
    release: str
    fingerprint: str
    basis: str
    """Who broke the glass, why, and what was not met."""

    @property
    def title(self) -> str:
        """Title of its issue."""
        return f"{ALARM}: {self.release} on {self.stage}"


def emergency_text(emergency: Emergency) -> str:
    """What was let past, by whom and why, and what is left to do."""
    lines = [f"`{emergency.release}` was let past the gate of **{emergency.stage}** in an emergency.", ""]
    lines += [f"- fingerprint `{emergency.fingerprint}`", f"- {_inline(emergency.basis)}", ""]
    lines += [
        "Who decides is as before. Look at it together, and bring what is to stay through a promotion; close this then."
    ]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """On one line and without effect in Markdown: it comes from programs that misbehaved."""
    return "`" + " ".join(text.split()).replace("`", "'").replace("|", "/") + "`"
