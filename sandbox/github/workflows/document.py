"""A workflow file, read: its triggers and its jobs, or the reason why it is none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sandbox.github.expressions import ExpressionError, fold

Document = dict[str, Any]

KEYS = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
JOB_KEYS = {"name", "permissions", "needs", "if", "runs-on", "environment", "concurrency", "outputs", "env",
            "defaults", "steps", "timeout-minutes", "strategy", "continue-on-error"}  # fmt: skip
UNSUPPORTED = {"container": "containers", "services": "service containers", "uses": "reusable workflows",
               "with": "reusable workflows", "secrets": "reusable workflows", "snapshot": "runner images"}  # fmt: skip
FOLDER = ".github/workflows"


class InvalidWorkflowError(ValueError):
    """A file that is no workflow. The text says all that is wrong with it."""


@dataclass(frozen=True)
class Workflow:
    """A workflow as its file says."""

    path: str
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its own name, or else its file's."""
        return str(self.document.get("name") or self.path)

    @property
    def triggers(self) -> dict[str, Document]:
        """Each event that starts it, with its filters."""
        on = self.document["on"]
        if isinstance(on, str):
            return {on: {}}
        if isinstance(on, list):
            return {str(event): {} for event in on}
        # A schedule is a list of times.
        return {str(event): {"times": filters} if isinstance(filters, list) else filters or {}
                for event, filters in on.items()}  # fmt: skip

    @property
    def jobs(self) -> dict[str, Document]:
        """Each job by its key."""
        return dict(self.document["jobs"])


def needs(job: Document) -> list[str]:
    """The keys of the jobs that a job waits for."""
    listed = job.get("needs") or []
    return [listed] if isinstance(listed, str) else list(listed)


@lru_cache(maxsize=256)
def read(path: str, text: str) -> Workflow:
    """The workflow in a file's text.

    Raises:
        InvalidWorkflowError: with every reason.
    """
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" on line {mark.line + 1}" if mark else ""
        raise InvalidWorkflowError(f"You have an error in your yaml syntax{place}: {error.problem}") from None
    except YAMLError as error:
        raise InvalidWorkflowError(f"You have an error in your yaml syntax: {error}") from None
    if problems := list(_problems(document)):
        raise InvalidWorkflowError("\n".join(problems))
    return Workflow(path, document)


def _problems(document: Any) -> Iterator[str]:
    if not isinstance(document, dict):
        yield "A mapping was expected"
        return
    yield from (f"Unexpected value {key!r}" for key in document if key not in KEYS)
    if not isinstance(document.get("on"), str | list | dict) or not document["on"]:
        yield "No event triggers defined in `on`"
    elif "pull_request_target" in document["on"]:
        yield "pull_request_target is not supported by this stand-in of GitHub"
    jobs = document.get("jobs")
    if not isinstance(jobs, dict) or not jobs:
        yield "There are no jobs defined in `jobs`"
        return
    for key, job in jobs.items():
        yield from (f"jobs.{key}: {problem}" for problem in _job_problems(job, jobs))
    yield from _expression_problems(document)


def _job_problems(job: Any, jobs: Document) -> Iterator[str]:
    if not isinstance(job, dict):
        yield "A mapping was expected"
        return
    foreign = UNSUPPORTED.keys() & job.keys()
    yield from (f"{UNSUPPORTED[key]} ({key}) are not supported by this stand-in of GitHub" for key in sorted(foreign))
    yield from (f"Unexpected value {key!r}" for key in job if key not in JOB_KEYS and key not in foreign)
    if not foreign:
        yield from _shape_problems(job, jobs)


def _shape_problems(job: Document, jobs: Document) -> Iterator[str]:
    if not job.get("runs-on"):
        yield "Required property is missing: runs-on"
    if unknown := [key for key in needs(job) if key not in jobs]:
        yield f"depends on unknown jobs {unknown}; known: {list(jobs)}"
    elif _waits_for_itself(job, jobs):
        yield "depends on itself"
    steps = job.get("steps")
    if not isinstance(steps, list) or not steps:
        yield "Required property is missing: steps"
        return
    for number, step in enumerate(steps, start=1):
        yield from (f"steps[{number}]: {problem}" for problem in _step_problems(step))


def _waits_for_itself(job: Document, jobs: Document) -> bool:
    seen: set[str] = set()
    waiting = needs(job)
    while waiting:
        key = waiting.pop()
        if jobs.get(key) is job:
            return True
        if key not in seen and isinstance(jobs.get(key), dict):
            seen.add(key)
            waiting += needs(jobs[key])
    return False


def _step_problems(step: Any) -> Iterator[str]:
    if not isinstance(step, dict):
        yield "A mapping was expected"
    elif ("run" in step) == ("uses" in step):
        yield "A step must have either run or uses"
    elif str(step.get("uses", "")).startswith("docker://"):
        yield "actions in containers are not supported by this stand-in of GitHub"
    elif "uses" in step and not str(step["uses"]).startswith("./") and "@" not in str(step["uses"]):
        yield f"Expected format {{owner}}/{{repo}}[/path]@{{ref}}. Actual {step['uses']!r}"


def _expression_problems(document: Document) -> Iterator[str]:
    try:
        fold(document, {})
    except ExpressionError as error:
        yield str(error)
