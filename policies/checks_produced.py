"""A required check is a job of a declared workflow on pull requests; one that nothing reports lets nothing in again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.rule import Resource, StackRule, at
from policies.workflows import RULESET, parsed, workflows

EVENTS = {"pull_request", "pull_request_target"}
MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")


def check(resources: Sequence[Resource]) -> Iterator[str]:
    """Each active ruleset's required checks against the jobs of its repository's workflows."""
    produced: dict[str, set[str]] = {}
    for repository, text in workflows(resources):
        produced.setdefault(repository, set()).update(_checks(text))
    for one in resources:
        if one.type == RULESET and one.properties.get("enforcement") == "active":
            repository = str(one.properties.get("repository"))
            for wanted in sorted(_required(one.properties) - produced.get(repository, set())):
                known = sorted(produced.get(repository, ()))
                yield f"{repository} requires the check {wanted!r}, which no declared workflow reports: {known}"


def _required(properties: Mapping[str, Any]) -> set[str]:
    checks = at(properties, "rules", "requiredStatusChecks").get("requiredChecks") or ()
    return {str(one.get("context")) for one in checks}


def _checks(text: str) -> Iterator[str]:
    """Names under which GitHub reports the jobs of a workflow on pull requests."""
    workflow = parsed(text)  # careful-workflows tells of what is none
    if workflow is None or not EVENTS & set(workflow.get("on") or ()):
        return
    for identity, job in (workflow.get("jobs") or {}).items():
        name = str(job.get("name") or identity)
        rows = at(job, "strategy", "matrix").get("include") or [{}]
        yield from (_filled(name, row) for row in rows)


def _filled(name: str, row: Mapping[str, Any]) -> str:
    """A job's name with the values of its row of the matrix."""
    return MATRIX.sub(lambda found: str(row.get(found[1], "")), name)


RULE = StackRule("checks-produced", "A required check that nothing reports holds every pull request for good.", check)
