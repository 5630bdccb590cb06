"""What Actions' settings say against a workflow: which actions may run, and whether they must be pinned."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.github.actions_permissions import DEFAULTS
from sandbox.github.patterns import matches
from sandbox.github.store import Database, Row, load
from sandbox.github.workflows.document import Workflow
from sandbox.github.world import ORGANIZATION

COMMIT = re.compile(r"[0-9a-f]{40}")
GITHUBS_OWN = ("actions", "github")


def actions(workflow: Workflow) -> list[str]:
    """Every action that the workflow names, ``owner/name[/folder]@ref``; local ones are not among them."""
    steps = [step for job in workflow.jobs.values() for step in job["steps"] if "uses" in step]
    return list(dict.fromkeys(step["uses"] for step in steps if not step["uses"].startswith("./")))


def objections(db: Database, repository: Row, workflow: Workflow) -> list[str]:
    """Every reason of the organisation's and the repository's settings against it."""
    organization = load((db.one("SELECT settings FROM organization") or {})["settings"]).get("actions", {})
    found: list[str] = []
    for overrides in (organization, load(repository["actions"])):
        found += _objections(DEFAULTS | overrides, workflow)
    return list(dict.fromkeys(found))


def _objections(settings: dict[str, Any], workflow: Workflow) -> Iterator[str]:
    for action in actions(workflow):
        if not _is_allowed(settings, action):
            yield f"{action} is not allowed in {ORGANIZATION}: see the actions that its settings allow"
        if settings["sha_pinning_required"] and not COMMIT.fullmatch(action.partition("@")[2]):
            yield f"{action} must be pinned to a full-length commit"


def _is_allowed(settings: dict[str, Any], action: str) -> bool:
    owner = action.partition("/")[0]
    if settings["allowed_actions"] == "all" or owner == ORGANIZATION:
        return True
    if settings["allowed_actions"] == "local_only":
        return False
    selected = settings["selected"]
    if selected["github_owned_allowed"] and owner in GITHUBS_OWN:
        return True
    named = action.partition("@")[0]
    return any(matches(pattern, action) or matches(pattern.partition("@")[0], named)
               for pattern in selected["patterns_allowed"])  # fmt: skip
