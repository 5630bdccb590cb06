"""A promotion as people see it: proposed, previewed, refused while nobody has approved, approved, merged."""

from dataclasses import dataclass
from typing import Any

import httpx

from cli.console import out
from cli.journey.people import Desk, Person
from cli.journey.waiting import until
from delivery.errors import Refused
from delivery.github import GitHubError

PREVIEWED_WITHIN = HELD_WITHIN = 300.0
"""Seconds, on a busy machine."""
WHERE = "the runs of the infrastructure repository"
STAGE = "prod"


@dataclass(frozen=True)
class Promotion:
    """An open promotion pull request."""

    repository: str
    number: int
    branch: str
    head: str


def propose(desk: Desk, proposer: Person, organization: str) -> Promotion:
    """`promote` it, and wait for the preview in its conversation.

    Raises:
        Refused: the pull request or its preview did not come.
    """
    repository = f"{organization}/openim-cicd"
    desk.run(proposer, "openim-cicd", "promote", STAGE)
    opened = proposer.github.get(f"repos/{repository}/pulls?state=open&base=main")
    found = next((one for one in opened if one["head"]["ref"].startswith(f"promote/{STAGE}/")), None)
    if found is None:
        raise Refused(f"no promotion is open in {repository}")
    promotion = Promotion(repository, found["number"], found["head"]["ref"], found["head"]["sha"])
    comment = until("the preview", lambda: _preview(promotion, proposer), PREVIEWED_WITHIN, WHERE)
    out.print(f"  {repository}#{promotion.number} has its preview, {len(comment)} characters long")
    return promotion


def _preview(promotion: Promotion, reader: Person) -> str | None:
    comments = reader.github.get(f"repos/{promotion.repository}/issues/{promotion.number}/comments?per_page=100")
    marker = f"<!-- openim-cicd preview: {STAGE} -->"
    return next((str(one["body"]) for one in comments if marker in one["body"]), None)


def refuse_proposed(desk: Desk, person: Person, promotion: Promotion) -> None:
    """`pulumi up` of the proposed change on a laptop: refused, with every reason."""
    desk.run(person, "git", "fetch", "--quiet", "origin", promotion.branch)
    desk.run(person, "git", "checkout", "--quiet", "--detach", "FETCH_HEAD")
    try:
        refuse(desk, person)
    finally:
        desk.run(person, "git", "checkout", "--quiet", "--force", "main")


def refuse(desk: Desk, person: Person) -> None:
    """`pulumi up` of what the working copy holds.

    Raises:
        Refused: it was let in.
    """
    command = ("pulumi", "up", "--stack", STAGE, "--yes", "--non-interactive", "--skip-preview", "--suppress-outputs")
    desk.run(person, *command, code=1)


def approve(desk: Desk, promotion: Promotion, author: Person, approvers: tuple[Person, ...]) -> None:
    """An author may not; the designated may."""
    command = ("openim-cicd", "approve", STAGE, "--number", str(promotion.number))
    desk.run(author, *command, code=1)
    for approver in approvers:
        desk.run(approver, *command)


def merge(promotion: Promotion, merger: Person) -> str:
    """Merge it; gives the commit, whose deploy job GitHub holds back."""
    pulls = f"repos/{promotion.repository}/pulls/{promotion.number}"
    merged = until("a mergeable promotion", lambda: _try(merger, f"{pulls}/merge", promotion.head), HELD_WITHIN, WHERE)
    out.print(f"  [dim]{merger.login}[/dim] merges #{promotion.number}: {merged['sha'][:7]}")
    return str(merged["sha"])


def let_through(promotion: Promotion, commit: str, reviewer: Person) -> None:
    """Let the deploy job of a commit through."""
    held = until("the deploy job", lambda: _held(promotion, reviewer, commit), HELD_WITHIN, WHERE)
    path = f"repos/{promotion.repository}/actions/runs/{held['run']}/pending_deployments"
    reviewer.github.post(path, {"environment_ids": [held["environment"]], "state": "approved", "comment": "Go"})
    out.print(f"  [dim]{reviewer.login}[/dim] lets the deploy job through")


def _try(merger: Person, path: str, head: str) -> dict[str, Any] | None:
    """Merge; None while GitHub still waits for checks."""
    try:
        return dict(merger.github.put(path, {"merge_method": "squash", "sha": head}))
    except GitHubError as refused:
        if refused.status == httpx.codes.METHOD_NOT_ALLOWED:
            return None
        raise


def _held(promotion: Promotion, reader: Person, commit: str) -> dict[str, int] | None:
    runs = reader.github.get(f"repos/{promotion.repository}/actions/runs?head_sha={commit}")["workflow_runs"]
    for run in runs:
        pending = reader.github.get(f"repos/{promotion.repository}/actions/runs/{run['id']}/pending_deployments")
        for one in pending:
            if one["environment"]["name"] == STAGE:
                return {"run": run["id"], "environment": one["environment"]["id"]}
    return None
