"""Input that is refused, one folder for each message: tests/refusals/<case>/{case.yaml, expected.txt}.

``case.yaml`` names the stack and what is changed in a copy of the project's own files; ``expected.txt``
is all that the user is told. A case that is not refused fails.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from model.declaration import complete
from model.problems import SettingsError
from model.settings import read_stack, read_written, written

ROOT = Path(__file__).resolve().parents[3]
CASES = sorted(path for path in (ROOT / "tests" / "refusals").iterdir() if path.is_dir())
ENVIRONMENT = {
    "REGISTRY": "127.0.0.1:5000",
    "REGISTRY_USERNAME": "ci",
    "REGISTRY_PASSWORD": "registry-password-in-clear",
    "REGISTRY_GHCR": "ghcr.io/openimsdk",
    "REGISTRY_GHCR_USERNAME": "ci",
    "REGISTRY_GHCR_PASSWORD": "registry-password-in-clear",
    "REGISTRY_ALIYUN": "registry.cn-hangzhou.aliyuncs.com/openimsdk",
    "REGISTRY_ALIYUN_USERNAME": "ci",
    "REGISTRY_ALIYUN_PASSWORD": "registry-password-in-clear",
    "DISPATCH_TOKEN": "registry-password-in-clear",
    "GITHUB_OWNER": "openimsdk",
    "WEBHOOK_URL": "https://cicd.example.org/webhook",
    "KUBECONFIG_STAGING": "/kube/staging",
    "KUBECONFIG_PROD": "/kube/prod",
}


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def reader(case: dict[str, Any]) -> Callable[[str], str]:
    """The project's files with the case's replacements of text in them."""

    def read(name: str) -> str:
        text = (ROOT / name).read_text()
        for old, new in case.get("replace", {}).get(name, {}).items():
            assert old in text, f"{name} does not hold {old!r} any more"
            text = text.replace(old, new, 1)
        return text

    return read


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_the_user_is_told(folder: Path) -> None:
    """The whole message, word for word."""
    case = load(folder / "case.yaml")
    environment = {name: value for name, value in ENVIRONMENT.items() if name not in case.get("unset", [])}
    read = reader(case)
    with pytest.raises(SettingsError) as refused:
        complete(case["stack"], read_stack(case["stack"], read, environment), read)
    assert f"{refused.value}\n" == (folder / "expected.txt").read_text()
    assert ENVIRONMENT["REGISTRY_PASSWORD"] not in str(refused.value)


@pytest.mark.parametrize("stack", ["shared", "staging", "prod"])
def test_the_projects_own_files_are_accepted(stack: str) -> None:
    """The cases differ from files that are good."""
    read = reader({})
    complete(stack, read_stack(stack, read, ENVIRONMENT), read)


def test_another_namespace_is_signed() -> None:
    """What would steer the engine past this project's keys is among the settings, in the file and in the program."""
    case = {"replace": {"Pulumi.prod.yaml": {"config:\n": "config:\n  pulumi:autonaming: disabled\n"}}}
    assert read_written("prod", reader(case))["pulumi:autonaming"] == "disabled"
    assert written({"openim-cicd:release": '{"id": 1}', "pulumi:autonaming": "disabled"}) == {
        "release": {"id": 1},
        "pulumi:autonaming": "disabled",
    }
