"""Reads what act prints, one JSON object a line, into a log as people read it and into the states of the steps."""

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.runner.client import Report

MASK = "***"
SHORTEST_SECRET = 4
"""Characters; a shorter line of a secret would hide half of every log."""
QUIET = ("LocalRepositoryCache", "Using docker host", "Cleaning up container", "  ⚙  ")
"""What act says of its own doings."""
ENDS = {"success": "success", "failure": "failure", "skipped": "skipped"}
HIDDEN = "sandbox-outputs"
"""The id of the step that hands the job's outputs to the runner."""

Step = dict[str, Any]


class Output:
    """The output of one job."""

    def __init__(self, steps: list[dict[str, Any]], secrets: list[str]) -> None:
        self._masks = {line for secret in secrets for line in [secret, *secret.splitlines()] if _is_long(line)}
        ids = [str(step.get("id") or place) for place, step in enumerate(steps)]
        titles = ["Set up job", *map(_title, steps), "Complete job"]
        self._steps = [_fresh(number, title) for number, title in enumerate(titles, start=1)]
        self._places = {id_: place for place, id_ in enumerate(ids, start=1)}
        self._log: list[str] = []
        self.result: str | None = None
        """success or failure, once act has said so."""

    def feed(self, line: str) -> None:
        """Take one line."""
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"msg": line, "raw_output": True}
        if entry.get("command") == "add-mask" and _is_long(entry.get("arg") or ""):
            self._masks.add(entry["arg"])
        self.result = entry.get("jobResult") or self.result
        path = entry.get("stepID") or entry.get("stepid") or []
        if path[:1] != [HIDDEN]:
            self._follow(path, entry)
            self._note(entry, path)

    def say(self, text: str) -> None:
        """Add a line of the runner's own."""
        self._log += [f"{_moment()} {self.masked(line)}\n" for line in text.splitlines()]

    def masked(self, text: str) -> str:
        """``text`` without secrets; longer ones first, since one may hold another."""
        for mask in sorted(self._masks, key=len, reverse=True):
            text = text.replace(mask, MASK)
        return text

    def finish(self) -> None:
        """Nothing comes any more: what runs was stopped, what waits never ran."""
        for step in self._steps:
            if step["status"] != "completed":
                ran = step["status"] == "in_progress"
                step.update(status="completed", conclusion="cancelled" if ran else "skipped", completed_at=_moment())

    def take(self) -> Report:
        """What came since the last time."""
        log, self._log = "".join(self._log), []
        return Report(log, [dict(step) for step in self._steps])

    def _follow(self, path: list[str], entry: dict[str, Any]) -> None:
        place = self._place(path)
        if len(path) != 1 or place is None or entry.get("stage", "Main") != "Main":
            return
        step = self._steps[place]
        if step["status"] == "queued":
            step.update(status="in_progress", started_at=_moment())
        if result := entry.get("stepResult"):
            step.update(status="completed", conclusion=ENDS.get(result, "failure"), completed_at=_moment())

    def _place(self, path: list[str]) -> int | None:
        special = {"--setup-job": 0, "--complete-job": len(self._steps) - 1}
        return special.get(path[0], self._places.get(path[0])) if path else None

    def _note(self, entry: dict[str, Any], path: list[str]) -> None:
        text = str(entry.get("msg", "")).rstrip("\r\n")
        if entry.get("raw_output"):
            self.say(text or " ")
        elif entry.get("level") in ("error", "warning"):
            self.say(f"##[{entry['level']}]{text.strip()}")
        elif not text.startswith(QUIET) and len(path) <= 1 and entry.get("stage", "Main") == "Main":
            self.say(f"##[group]{text}" if text.startswith("⭐") else text)


def _is_long(text: str) -> bool:
    return len(text.strip()) >= SHORTEST_SECRET


def _title(step: dict[str, Any]) -> str:
    what = str(step.get("uses") or step.get("run", "")).strip()
    return str(step.get("name") or f"Run {what.partition(chr(10))[0]}")


def _fresh(number: int, title: str) -> Step:
    return {"name": title, "status": "queued", "conclusion": None, "number": number, "started_at": None,
            "completed_at": None}  # fmt: skip


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
