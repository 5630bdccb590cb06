"""Which stages a change concerns: those whose program, settings or estate differ between two commits.

Content decides, not file names alone: a new release in one stage's file concerns that stage, and not the stage that
reads who approves there.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml import YAML

from delivery.git import Clone
from model.document import named_variables
from model.saved_plan import plan_file
from model.settings import NAMESPACE

PROGRAM = ("__main__.py", "Pulumi.yaml", "requirements.lock", "components", "model", "policies")
"""What every stage runs."""
STACK_FILE = re.compile(r"^Pulumi\.([a-z0-9-]+)\.yaml$")
NO_COMMIT = re.compile(r"^0*$")
"""What GitHub names where there was no commit before."""
ORGANIZATION = ("estate/repositories.yaml", "estate/teams.yaml", "estate/labels.yaml", "estate/pipelines.yaml")

Identify = Callable[[str], str]
"""Gives the git object id of a path of a commit; empty where it is not there."""
Read = Callable[[str], str | None]


def stages(clone: Clone, commit: str = "HEAD") -> tuple[str, ...]:
    """The stages that have a stack file in ``commit``: in the order in which they are deployed, others after them.

    Raises:
        GitError: no such commit.
    """
    names = [
        match[1]
        for name in clone.git("ls-tree", "--name-only", commit).split("\n")
        if (match := STACK_FILE.match(name))
    ]
    ordered: list[str] = []
    for name in names:
        environments = _settings(clone.file_at(commit, f"Pulumi.{name}.yaml")).get("environments", {})
        ordered += [one for one in environments if one in names and one not in ordered]
    return (*ordered, *(name for name in names if name not in ordered))


def changed(clone: Clone, since: str, commit: str = "HEAD") -> tuple[str, ...]:
    """The stages that differ between two commits; all of them where ``since`` is no commit that is known here.

    Raises:
        GitError: ``commit`` does not exist.
    """
    everything = stages(clone, commit)
    if NO_COMMIT.match(since) or not clone.has(since):
        return everything
    return tuple(name for name in everything if _inputs(clone, commit, name) != _inputs(clone, since, name))


def _inputs(clone: Clone, commit: str, stage: str) -> dict[str, Any]:
    """Everything that decides what ``stage`` declares."""

    def identify(path: str) -> str:
        return clone.id_at(commit, path)

    def read(path: str) -> str | None:
        return clone.file_at(commit, path)

    settings = _settings(read(f"Pulumi.{stage}.yaml"))
    program = {path: identify(path) for path in PROGRAM}
    return {
        "program": program,
        "settings": json.dumps(settings, sort_keys=True, default=str),
        # Under another plan the same change is to be tried again.
        "plan": identify(plan_file(stage)),
        **_organization(settings, identify, read),
        **_application(settings, identify),
    }


def _organization(settings: Mapping[str, Any], identify: Identify, read: Read) -> dict[str, Any]:
    """The organisation's estate, and what it takes from other stages' files: approvals and variables' names."""
    if "organization" not in settings:
        return {}
    named = dict(settings.get("estate", {})).values()
    files = {path: identify(path) for path in {*ORGANIZATION, *map(str, named)}}
    others = {name: _settings(read(str(file))) for name, file in settings.get("environments", {}).items()}
    taken = {name: [one.get("approval"), sorted(named_variables(one))] for name, one in others.items()}
    return {"estate": files, "environments": json.dumps(taken, sort_keys=True, default=str)}


def _application(settings: Mapping[str, Any], identify: Identify) -> dict[str, Any]:
    """The application's estate file and the folder of the files that it names."""
    source = str(settings.get("application", {}).get("source", ""))
    return {"application": [identify(source), identify(source.removesuffix(".yaml"))]} if source else {}


def _settings(text: str | None) -> dict[str, Any]:
    document = YAML(typ="safe", pure=True).load(text or "") or {}
    config = document.get("config") or {}
    return {key.removeprefix(f"{NAMESPACE}:"): value for key, value in config.items()}
