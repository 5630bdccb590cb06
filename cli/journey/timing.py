"""How long a change took from its merge to a verified stage, by phase; read from what GitHub and the ledger hold.

Both keep whole seconds, so a phase is right to a second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from delivery.git import Clone
from delivery.github import GitHub
from delivery.ledger import BRANCH
from model.images_check import NAME
from model.ledger import Entries, Kind
from model.settings import stack_file

BUILD = "checks and build"
"""The phase that is the change's own: what its tests and images take."""
BUDGET = 45.0
"""Seconds that everything but the build may take."""


@dataclass(frozen=True)
class Timing:
    """Phases in order, each with its seconds."""

    phases: tuple[tuple[str, float], ...]

    @property
    def machine(self) -> float:
        """Seconds without the build's own."""
        return sum(seconds for name, seconds in self.phases if name != BUILD)

    def __str__(self) -> str:
        listed = ", ".join(f"{name} {seconds:.0f}s" for name, seconds in self.phases)
        return f"{listed}; without the build {self.machine:.0f}s"


def timing(github: GitHub, clone: Clone, repository: str, commit: str, entries: Entries) -> Timing:
    """Of the change that ``commit`` of ``repository`` (``owner/name``) brought; ``entries`` are its release's.

    The clone's remote-tracking branch must hold the release.
    """
    stage = entries[0].stage
    at = {one.kind: one.at for one in entries}
    named = clone.git("log", "-1", "--format=%cI", f"refs/remotes/origin/{BRANCH}", "--", stack_file(stage))
    moments = [
        ("", _merged(github, repository, commit)),
        (BUILD, _built(github, repository, commit)),
        ("release", datetime.fromisoformat(named)),
        ("deploy job", at[Kind.DEPLOYING]),
        ("update", at[Kind.DEPLOYED]),
        ("verification", at[Kind.VERIFIED]),
    ]
    return Timing(tuple(_spans(moments)))


def _spans(moments: list[tuple[str, datetime]]) -> Iterator[tuple[str, float]]:
    for (_, start), (name, end) in pairwise(moments):
        yield name, (end - start).total_seconds()


def _merged(github: GitHub, repository: str, commit: str) -> datetime:
    pulls = github.get(f"repos/{repository}/commits/{commit}/pulls")
    return datetime.fromisoformat(next(one["merged_at"] for one in pulls if one["merge_commit_sha"] == commit))


def _built(github: GitHub, repository: str, commit: str) -> datetime:
    """When the check that lists the images was there."""
    runs = github.get(f"repos/{repository}/commits/{commit}/check-runs", check_name=NAME)["check_runs"]
    return datetime.fromisoformat(runs[0]["completed_at"])
