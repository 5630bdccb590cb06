"""What a job's token may do. Source: GitHub's "Use GITHUB_TOKEN for authentication in workflows"."""

from collections.abc import Mapping
from typing import Any

from sandbox.github.workflows.document import InvalidWorkflowError

SCOPES = (
    *("actions", "attestations", "checks", "contents", "deployments", "discussions", "id-token", "issues", "models"),
    *("packages", "pages", "pull-requests", "repository-projects", "security-events", "statuses"),
)
LEVELS = ("none", "read", "write")
Permissions = dict[str, str]


def granted(document: Mapping[str, Any], job: Mapping[str, Any], *, default: str, from_fork: bool) -> Permissions:
    """Level by scope, in the API's spelling; a fork's job only reads.

    Args:
        document: The workflow.
        job: The job, whose own ``permissions`` replace the workflow's.
        default: ``read`` or ``write``, as the repository's settings say.
        from_fork: Whether a pull request from a fork started the run.

    Raises:
        InvalidWorkflowError: an unknown scope or level.
    """
    asked = job.get("permissions", document.get("permissions", _usual(default)))
    levels = {scope.replace("-", "_"): level for scope, level in _spelled_out(asked).items() if level != "none"}
    if from_fork:
        levels = dict.fromkeys(levels, "read")
    return {"metadata": "read"} | levels


def _usual(default: str) -> Any:
    return "write-all" if default == "write" else {"contents": "read", "packages": "read"}


def _spelled_out(asked: Any) -> Permissions:
    if asked in ("read-all", "write-all"):
        return dict.fromkeys((scope for scope in SCOPES if scope != "id-token"), str(asked).removesuffix("-all"))
    if asked is None:
        return {}
    if not isinstance(asked, dict):
        raise InvalidWorkflowError(f"permissions: {asked!r} is neither read-all, write-all nor a mapping")
    for scope, level in asked.items():
        if scope not in SCOPES or level not in LEVELS:
            raise InvalidWorkflowError(f"permissions: {scope}: {level} is unknown; scopes: {list(SCOPES)}")
    return dict(asked)
