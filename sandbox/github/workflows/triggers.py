"""Which events start a workflow. Source: GitHub's "Events that trigger workflows"."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.github.workflows.document import Workflow
from sandbox.github.workflows.filters import ignores_all, selects

HEADS, TAGS = "refs/heads/", "refs/tags/"
USUAL_TYPES = {"pull_request": ("opened", "synchronize", "reopened")}
"""What an event's ``types`` are where a workflow names none; all of them for other events."""
SKIPS = ("[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]")


@dataclass(frozen=True)
class Happening:
    """An event as the filters of triggers see it."""

    event: str
    action: str = ""
    ref: str = ""
    """What was pushed, whole; for a pull request the branch that it goes to."""
    message: str = ""
    """The newest commit's."""
    paths: Callable[[], Sequence[str] | None] = field(default=lambda: None)
    """The files that changed; None where that cannot be said, which counts as all."""
    workflow: str = ""
    """For workflow_run: the name of the workflow that ran."""
    branch: str = ""
    """For workflow_run: the branch that it ran for."""


def starts(workflow: Workflow, happening: Happening) -> bool:
    """Whether the workflow runs for it."""
    triggers = workflow.triggers
    if happening.event not in triggers:
        return False
    filters = triggers[happening.event]
    if happening.event in ("push", "pull_request") and any(mark in happening.message for mark in SKIPS):
        return False
    return _is_of_type(filters, happening) and _is_in_place(filters, happening) and _touches(filters, happening)


def _is_of_type(filters: dict[str, Any], happening: Happening) -> bool:
    listed = filters.get("types", USUAL_TYPES.get(happening.event))
    wanted = [listed] if isinstance(listed, str) else listed
    return not wanted or not happening.action or happening.action in wanted


def _is_in_place(filters: dict[str, Any], happening: Happening) -> bool:
    if happening.event == "push":
        return _is_pushed_where_wanted(filters, happening.ref)
    if happening.event == "pull_request":
        return _takes(filters, "branches", happening.ref.removeprefix(HEADS))
    if happening.event == "workflow_run":
        return happening.workflow in _listed(filters, "workflows") and _takes(filters, "branches", happening.branch)
    return True


def _is_pushed_where_wanted(filters: dict[str, Any], ref: str) -> bool:
    by_branch, by_tag = (any(key in filters for key in (kind, f"{kind}-ignore")) for kind in ("branches", "tags"))
    if ref.startswith(TAGS):
        return _takes(filters, "tags", ref.removeprefix(TAGS)) if by_tag else not by_branch
    if ref.startswith(HEADS):
        return _takes(filters, "branches", ref.removeprefix(HEADS)) if by_branch else not by_tag
    return False


def _touches(filters: dict[str, Any], happening: Happening) -> bool:
    if not {"paths", "paths-ignore"} & filters.keys() or happening.ref.startswith(TAGS):
        return True
    changed = happening.paths()
    if changed is None:
        return True
    if "paths" in filters:
        return any(selects(_listed(filters, "paths"), path) for path in changed)
    return not changed or not ignores_all(_listed(filters, "paths-ignore"), changed)


def _takes(filters: dict[str, Any], kind: str, name: str) -> bool:
    if kind in filters and not selects(_listed(filters, kind), name):
        return False
    ignored = f"{kind}-ignore"
    return ignored not in filters or not selects(_listed(filters, ignored), name)


def _listed(filters: dict[str, Any], key: str) -> list[str]:
    listed = filters.get(key) or []
    return [listed] if isinstance(listed, str) else [str(each) for each in listed]
