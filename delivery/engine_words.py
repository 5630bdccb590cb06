"""What the engine says: how an update went, event by event, and why it did not come to its end."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.errors import Refused

LINES = 20
"""Lines of a log that tell why, where the engine names no diagnostics."""
DIFFERENCE = re.compile(r"properties changed: (?P<first>[^\s\[,]+).*", re.DOTALL)
"""Behind the first property's name stand values, also secret ones, to the end of what the engine says."""
BEGUN = "Updating ("
"""What the engine says once its look ahead is over and it begins to change things."""
HOLDS = re.compile(r"^\s*✅ (\S+@\S+) \(local: policies\)$", re.MULTILINE)
"""What the engine says of the checkout's policy pack where nothing violates it."""
AGAINST_PLAN = re.compile(r"violates plan|allowed by the plan|no plan for resource|Expected a new resource plan")

Progress = Callable[[int, str], None]
"""Told the number of resources done and the last one's name."""


class UpdateError(Refused):
    """An update did not come to its end; the text ends with what the engine said."""


class StoppedError(UpdateError):
    """It was stopped by whoever watched it."""

    def __init__(self, stack: str, reason: str) -> None:
        super().__init__(f"the update of {stack} was stopped: {reason}")
        self.reason = reason


class PlanViolated(UpdateError):  # noqa: N818 - it reads better where it is raised
    """The engine would do something else than the plan says; it has done nothing."""


@dataclass(frozen=True)
class Outcome:
    """What an update did."""

    stack: str
    resources: int
    changes: int
    seconds: float


@dataclass
class Seen:
    """What the engine's events have told."""

    progress: Progress
    done: int = 0
    rest: str = ""

    def take(self, lines: list[str]) -> None:
        """More lines of the event log, whole or not."""
        for line in lines:
            self.rest += line
            if not self.rest.endswith("\n"):
                return
            event, self.rest = _event(self.rest), ""
            if "resOutputsEvent" in event:
                self.done += 1
                self.progress(self.done, event["resOutputsEvent"]["metadata"]["urn"].rpartition("::")[2])


def _event(line: str) -> dict[str, Any]:
    """One event; nothing of a line that was read while it was being written: it only tells how far the update is."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}


def changes(events: Path) -> dict[str, int]:
    """Number of resources by operation, from the log of an update that has ended."""
    found = [one["summaryEvent"] for one in map(json.loads, events.open()) if "summaryEvent" in one]
    return dict(found[-1].get("resourceChanges") or {}) if found else {}


def reason(text: str) -> str:
    """The lines of the engine's own error."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(f"    {line}" for line in lines if line.startswith("error:")) or text


def held_by(said: str) -> tuple[str, ...]:
    """The policy packs that a preview violates in nothing: ``openim-cicd@v0.0.1``."""
    return tuple(sorted(set(HOLDS.findall(said))))


def tail(said: str) -> str:
    """The end of a log: its diagnostics, where it has some."""
    lines = [line for line in said.splitlines() if line.strip()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Diagnostics:")), max(0, len(lines) - LINES))
    return "\n".join(f"    {line}" for line in lines[start : start + 40])


def without_values(said: str) -> str:
    """What the engine says of a plan that does not hold, up to the first value."""
    return DIFFERENCE.sub(r"properties changed: \g<first>, and whatever comes after it", said)


def against_plan(said: str) -> str:
    """In what an update would not do what its plan says; empty where it ended for something else, or had begun."""
    if BEGUN in said:
        return ""
    found = next((line.strip() for line in without_values(said).splitlines() if AGAINST_PLAN.search(line)), "")
    if found:
        return found.removeprefix("error: ")
    # The engine has no words for outputs of the stack that differ: its preview ends, and nothing is said.
    silent = "Diagnostics:" not in said and "error:" not in said
    return "what the stack puts out would not be what the plan says" if silent else ""
