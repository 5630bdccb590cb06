"""The runner's side of the stand-in's door."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 60.0
WAIT = 20.0
"""Seconds that a question for the next job may be kept open."""

Order = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """What a job said since its last report, and how its steps stand."""

    log: str
    steps: list[dict[str, Any]]


@dataclass(frozen=True)
class Ending:
    """How a job ended."""

    conclusion: str
    outputs: dict[str, str]
    problem: str | None = None


class Door:
    """The stand-in at ``base``; every method raises ``httpx.HTTPError`` when it cannot be reached."""

    def __init__(self, base: str, key: Path, name: str, wait: float = WAIT) -> None:
        self._key, self._name, self._wait = key, name, wait
        self._client = httpx.Client(base_url=f"{base}/_sandbox/runner", timeout=PATIENCE, trust_env=False)

    def start(self) -> int:
        """Say that this runner starts afresh; how many jobs of its former life that ended."""
        return int(self._post("start").json()["abandoned"])

    def next(self) -> Order | None:
        """The next job, waited for; None if there was none."""
        answer = self._post("next", wait=self._wait)
        return dict(answer.json()) if answer.status_code == httpx.codes.OK else None

    def report(self, job: int, report: Report) -> bool:
        """Tell how a job goes; whether it is to stop."""
        return bool(self._post(f"jobs/{job}/report", log=report.log, steps=report.steps).json()["stop"])

    def end(self, job: int, report: Report, ending: Ending) -> None:
        """Tell how it ended."""
        self._post(f"jobs/{job}/end", log=report.log, steps=report.steps, **vars(ending))

    def _post(self, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._key.read_text().strip()}"}
        answer = self._client.post(f"/{path}", json={"runner": self._name, **body}, headers=headers)
        return answer.raise_for_status()
