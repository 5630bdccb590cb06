"""A workflow of GitHub Actions, as far as pipelines here need one.

Values reach a shell through environment variables only: a script that holds an expression is
refused, so that nothing a stranger typed can become a command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from model.pipeline.actions import Uses

Scalar = str | int | bool


class Event(StrEnum):
    """What starts a workflow."""

    push = "push"
    pull_request = "pull_request"
    schedule = "schedule"
    workflow_dispatch = "workflow_dispatch"
    issue_comment = "issue_comment"


@dataclass(frozen=True)
class Input:
    """What whoever starts the workflow by hand is asked for."""

    name: str
    description: str
    options: tuple[str, ...] = ()
    """The values to choose from; default any text."""
    required: bool = True
    default: str = ""


@dataclass(frozen=True)
class Trigger:
    """An event, narrowed. Only what GitHub knows for the event may be set; actionlint holds the files to that."""

    event: Event
    branches: tuple[str, ...] = ()
    """Branch patterns; default all."""
    paths_ignore: tuple[str, ...] = ()
    """Changes of these alone start nothing."""
    types: tuple[str, ...] = ()
    """Activities, e.g. ``created``; default GitHub's own choice."""
    crons: tuple[str, ...] = ()
    """Times of a schedule, UTC."""
    inputs: tuple[Input, ...] = ()
    remark: str = ""
    """Comment behind the event, e.g. why a linter's rule does not apply."""


@dataclass(frozen=True)
class Concurrency:
    """Runs of one group run one after the other; of those that wait GitHub keeps the newest."""

    group: str
    cancel: bool
    """Whether a newer run ends the one that runs."""


@dataclass(frozen=True)
class Permission:
    """A right of the job's token, and why the job has it."""

    scope: str
    level: str
    reason: str


@dataclass(frozen=True)
class Step:
    """One step: an action or a script."""

    name: str
    uses: Uses | None = None
    run: str = ""
    inputs: Mapping[str, Scalar] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    condition: str = ""
    """Expression without which it is skipped; default none."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """Comments behind inputs."""

    def __post_init__(self) -> None:
        if bool(self.uses) == bool(self.run):
            raise ValueError(f"step {self.name!r} must be either an action or a script")
        if "${{" in self.run:
            raise ValueError(f"step {self.name!r}: a script takes values from its environment, not from expressions")


@dataclass(frozen=True)
class Job:
    """One job. Its name is the name of the check that it reports."""

    id: str
    name: str
    steps: tuple[Step, ...]
    timeout_minutes: int
    permissions: tuple[Permission, ...] = ()
    only_on: Event | None = None
    needs: tuple[str, ...] = ()
    condition: str = ""
    """Expression without which it is skipped, which GitHub reports as passed; default none."""
    matrix: tuple[Mapping[str, str], ...] = ()
    """Combinations that the job runs for, each a value by key."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of every step."""
    environment: str | None = None
    """The deployment environment whose secrets it needs, and whose branch rules it must satisfy; default none."""
    concurrency: Concurrency | None = None

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks it reports, one for each combination."""
        return tuple(_filled(self.name, combination) for combination in self.matrix) or (self.name,)


def _filled(name: str, combination: Mapping[str, str]) -> str:
    for key, value in combination.items():
        name = name.replace(f"${{{{ matrix.{key} }}}}", value)
    return name


@dataclass(frozen=True)
class Workflow:
    """One workflow file."""

    name: str
    path: str
    """Below the repository's root."""
    origin: str
    """Where it is declared, for whoever opens the file."""
    triggers: tuple[Trigger, ...]
    jobs: tuple[Job, ...]
    concurrency: Concurrency | None = None

    @property
    def branches(self) -> tuple[str, ...]:
        """Branch patterns whose pushes it runs for."""
        return tuple(branch for trigger in self.triggers if trigger.event is Event.push for branch in trigger.branches)

    def checks(self, event: Event) -> tuple[str, ...]:
        """The checks that a run for ``event`` reports as more than skipped, where no condition skips them."""
        if event not in {trigger.event for trigger in self.triggers}:
            return ()
        runs: set[str] = set()
        for job in self.jobs:
            if job.only_on in {None, event} and set(job.needs) <= runs:
                runs.add(job.id)
        return tuple(check for job in self.jobs if job.id in runs for check in job.checks)

    @property
    def actions(self) -> tuple[str, ...]:
        """The repositories of the actions it uses, sorted."""
        return tuple(sorted({step.uses.action.action for job in self.jobs for step in job.steps if step.uses}))
