"""A developer's change: a branch, a pull request, its checks, a review, the merge."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.console import out
from cli.journey.people import Person
from cli.journey.waiting import until
from model.pipeline.golang import PATH

CHECKED_WITHIN = 300.0
"""Seconds that a pull request's checks may take, on a busy machine."""
RUNNER_LOG = "`openim-cicd sandbox status` for the runner's log"


@dataclass(frozen=True)
class Change:
    """What is to be changed in a repository."""

    repository: str
    """``owner/name``."""
    branch: str
    title: str
    files: Mapping[str, str]
    """New content by path."""


def merge(change: Change, author: Person, reviewer: Person) -> str:
    """Take ``change`` to the default branch as GitHub's rules demand; returns the commit there."""
    head, number = _propose(change, author)
    out.print(f"  [dim]{author.login}[/dim] opens {change.repository}#{number}: {change.title}")
    checks = until(f"the checks of #{number}", lambda: _checks(change, author, head), CHECKED_WITHIN, RUNNER_LOG)
    out.print(f"  checks: {', '.join(sorted(f'{name} {conclusion}' for name, conclusion in checks.items()))}")
    pulls = f"repos/{change.repository}/pulls/{number}"
    reviewer.github.post(f"{pulls}/reviews", {"event": "APPROVE"})
    merged = reviewer.github.put(f"{pulls}/merge", {"merge_method": "squash", "sha": head})
    out.print(f"  [dim]{reviewer.login}[/dim] approves and merges: {merged['sha'][:7]}")
    return str(merged["sha"])


def _propose(change: Change, author: Person) -> tuple[str, int]:
    """Commit to a new branch and open the pull request."""
    api = f"repos/{change.repository}"
    base = author.github.get(api)["default_branch"]
    start = author.github.get(f"{api}/git/ref/heads/{base}")["object"]["sha"]
    author.github.post(f"{api}/git/refs", {"ref": f"refs/heads/{change.branch}", "sha": start})
    head = start
    for path, content in change.files.items():
        body = {"message": change.title, "content": b64encode(content.encode()).decode(), "branch": change.branch}
        if present := author.github.find(f"{api}/contents/{path}", ref=change.branch):
            body["sha"] = present["sha"]
        head = author.github.put(f"{api}/contents/{path}", body)["commit"]["sha"]
    opened = author.github.post(
        f"{api}/pulls", {"title": change.title, "head": change.branch, "base": base, "body": ""}
    )
    return head, opened["number"]


def _checks(change: Change, reader: Person, head: str) -> dict[str, str] | None:
    """Conclusion by job of the declared pipeline once it has run; None before."""
    api = f"repos/{change.repository}/actions/runs"
    runs = [run for run in reader.github.pages(api, "workflow_runs", head_sha=head) if run["path"].startswith(PATH)]
    if not runs or any(run["status"] != "completed" for run in runs):
        return None
    jobs: list[dict[str, Any]] = reader.github.get(f"{api}/{runs[0]['id']}/jobs", per_page=100)["jobs"]
    return {job["name"]: str(job["conclusion"]) for job in jobs}
