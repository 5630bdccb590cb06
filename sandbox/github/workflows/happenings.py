"""From an event as it was recorded to what the filters of triggers ask about it, and where its workflows stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.github.apps import ACTIONS
from sandbox.github.git import RefNotFoundError
from sandbox.github.store import Row, load
from sandbox.github.workflows.site import Site
from sandbox.github.workflows.sources import default_branch
from sandbox.github.workflows.triggers import HEADS, Happening

ZEROS = "0" * 40
UNHEARD = ("workflow_job", "check_run", "check_suite")
"""What workflows are told of by workflow_run, and what would have them start each other for ever."""
DISPATCHES = ("workflow_dispatch", "schedule")


@dataclass(frozen=True)
class Place:
    """Which ref and commit a run is for."""

    ref: str
    sha: str
    """What is checked out, and whose workflow files count."""
    head_branch: str | None
    head_sha: str
    """What checks are reported on."""
    from_fork: bool = False
    title: str = ""


def place_of(site: Site, event: Row) -> Place | None:
    """Where the runs of an event belong; None for one that starts none."""
    payload = load(event["payload"])
    by_job = payload["sender"]["login"] == ACTIONS.login
    if event["event"] in UNHEARD or (by_job and event["event"] not in DISPATCHES):
        return None  # what is done with a job's token starts no workflows
    if event["event"] == "push":
        return _pushed(payload)
    if event["event"] == "pull_request":
        return _requested(site, payload)
    ref = payload["ref"] if event["event"] == "workflow_dispatch" else f"{HEADS}{default_branch(site.repository)}"
    sha = site.world.repositories.head(site.name, ref)
    return Place(ref, sha, ref.removeprefix(HEADS).removeprefix("refs/tags/"), sha) if sha else None


def _pushed(payload: dict[str, Any]) -> Place | None:
    if payload["deleted"] or not payload["head_commit"]:
        return None
    ref, commit = payload["ref"], payload["head_commit"]
    title = commit["message"].partition("\n")[0]
    return Place(ref, commit["id"], ref.split("/", 2)[2], commit["id"], title=title)


def _requested(site: Site, payload: dict[str, Any]) -> Place | None:
    request = payload["pull_request"]
    head, base = request["head"], request["base"]
    from_fork = not head["repo"] or head["repo"]["id"] != base["repo"]["id"]
    ref = f"refs/pull/{request['number']}/merge"
    sha = site.world.repositories.head(site.name, ref)
    if sha is None:
        return None  # it conflicts with its base: GitHub runs nothing until that is resolved
    return Place(ref, sha, head["ref"], head["sha"], from_fork, request["title"])


def happening_of(site: Site, event: Row) -> Happening:
    """The event as filters see it."""
    payload = load(event["payload"])
    name, action = event["event"], event["action"] or ""
    if name == "push":
        message = (payload["head_commit"] or {}).get("message", "")
        return Happening(name, "", payload["ref"], message, lambda: _pushed_paths(site, payload))
    if name == "pull_request":
        request = payload["pull_request"]
        return Happening(name, action, request["base"]["ref"], paths=lambda: _request_paths(site, request))
    if name == "workflow_run":
        run = payload["workflow_run"]
        return Happening(name, action, workflow=run["name"], branch=run["head_branch"] or "")
    return Happening(name, action)


def _pushed_paths(site: Site, payload: dict[str, Any]) -> Sequence[str] | None:
    if payload["before"] != ZEROS:
        return _between(site, payload["before"], payload["after"])
    kinds = ("added", "removed", "modified")
    return [path for commit in payload["commits"] for kind in kinds for path in commit[kind]] or None


def _request_paths(site: Site, request: dict[str, Any]) -> Sequence[str] | None:
    git = site.world.repositories.git(site.name)
    merge_base = git.line("merge-base", request["base"]["sha"], request["head"]["sha"])
    return _between(site, merge_base, request["head"]["sha"])


def _between(site: Site, old: str, new: str) -> Sequence[str] | None:
    try:
        return [change.path for change in site.world.repositories.changed_files(site.name, old, new)]
    except RefNotFoundError:
        return None
