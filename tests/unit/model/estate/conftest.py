"""A small estate that is right, for tests to break in one place each."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from model.approval import Approval
from model.estate import OrganizationEstate, assemble
from model.pipeline.golang import ACTIONS
from model.problems import Problem, SettingsError
from model.settings import EstateFiles

COMMIT = "0" * 40
FILES: dict[str, Any] = {
    "estate/teams.yaml": {
        "teams": [
            {"name": "Maintainers", "members": [{"login": "ann"}, {"login": "bob", "role": "maintainer"}]},
            {"name": "sre", "members": [{"login": "cid"}, {"login": "dee"}]},
        ]
    },
    "estate/labels.yaml": {"sets": {"common": [{"name": "bug", "color": "D73A4A"}]}},
    "estate/pipelines.yaml": {
        "actions": [{"action": action, "version": "v1.0.0", "commit": COMMIT} for action in ACTIONS],
        "tools": {"golangciLint": "v2.1.0", "crane": "v0.20.7"},
        "pipelines": {
            "server": {"branches": ["main"], "images": {"path": "openim", "images": [{"name": "openim-api"}]}},
            "library": {"branches": ["main"]},
        },
    },
    "estate/repositories.yaml": {
        "defaults": {"homepage": "https://www.openim.online", "features": {"wiki": True, "projects": True}},
        "rulesets": {"reviewed": {"branches": {"names": ["~DEFAULT_BRANCH"], "approvals": 1}}},
        "actions": {"pinned": {"patterns": ["docker/*", "golang/*", "golangci/*"], "shaPinning": True}},
        "webhooks": {"machine": {"events": ["push"]}},
        "repositories": [
            {
                "name": "server",
                "adopt": True,
                "features": {"wiki": False},
                "teams": {"maintainers": "admin", "sre": "pull"},
                "labels": "common",
                "ruleset": "reviewed",
                "requiredChecks": ["Lint", "Test"],
                "actions": "pinned",
                "pipeline": "server",
                "webhook": "machine",
            },
            {"name": "infra", "teams": {"sre": "push"}},
        ],
    },
}

Files = dict[str, Any]
Assemble = Callable[..., OrganizationEstate]
Refused = Callable[..., list[Problem]]


@pytest.fixture
def files() -> Files:
    """The estate's files as data, free to change."""
    return copy.deepcopy(FILES)


@pytest.fixture
def entry(files: Files) -> dict[str, Any]:
    """The first repository's entry inside ``files``."""
    first: dict[str, Any] = files["estate/repositories.yaml"]["repositories"][0]
    return first


@pytest.fixture
def assembled(files: Files) -> Assemble:
    """``assembled(**approvals)``: the estate of ``files`` as they are now."""

    def run(**environments: Approval) -> OrganizationEstate:
        return assemble(EstateFiles(), lambda file: _text(files[file]), "infra", environments)

    return run


@pytest.fixture
def refused(assembled: Assemble) -> Refused:
    """``refused(**approvals)``: every problem that ``files`` are refused for."""

    def run(**environments: Approval) -> list[Problem]:
        with pytest.raises(SettingsError) as caught:
            assembled(**environments)
        return caught.value.problems

    return run


def _text(data: Any) -> str:
    """JSON is YAML; a string stands for a file's raw text."""
    return data if isinstance(data, str) else json.dumps(data)
