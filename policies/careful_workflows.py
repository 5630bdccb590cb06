"""Committed workflows take actions by commit, ask for rights one by one, and run no stranger's code with secrets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.rule import Properties, Rule
from policies.workflows import FILE, parsed

WORKFLOWS = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$")
BY_COMMIT = re.compile(r"^(\./.*|docker://.+@sha256:[0-9a-f]{64}|[^@\s]+@[0-9a-f]{40})$")
STRANGERS = re.compile(r"github\.(event\.pull_request\.head|head_ref)")


def check(token: str, properties: Properties) -> Iterator[str]:
    """The text of a workflow's file."""
    if token != FILE or not WORKFLOWS.match(str(properties.get("file") or "")):
        return
    workflow = parsed(str(properties.get("content") or ""))
    if workflow is None:
        yield "is no workflow: it cannot be read as YAML"
        return
    yield from _rights("", workflow)
    for name, job in (workflow.get("jobs") or {}).items():
        yield from _rights(f"jobs.{name}.", job)
        yield from _actions(name, job)
        if "pull_request_target" in (workflow.get("on") or ()) and STRANGERS.search(str(job)):
            yield f"jobs.{name} runs the head of a pull request with the base's secrets: use pull_request"


def _rights(where: str, part: Mapping[str, Any]) -> Iterator[str]:
    asked = part.get("permissions")
    if asked is None and not where:
        yield "says no permissions, which are then the repository's default: begin with permissions: {}"
    if isinstance(asked, str) and asked:
        yield f"{where}permissions: {asked} is everything: name scopes"


def _actions(name: str, job: Mapping[str, Any]) -> Iterator[str]:
    for used in (job.get("uses"), *(step.get("uses") for step in job.get("steps") or ())):
        if used and not BY_COMMIT.match(used):
            yield f"jobs.{name} uses {used}: name the commit (40 hexadecimal digits), a tag can be moved"


RULE = Rule("careful-workflows", "Whoever moves a tag, or opens a pull request, would run here.", check)
