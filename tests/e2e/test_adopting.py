"""Taking a grown organisation over: the real provider against a GitHub of its own, before and after."""

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pulumi
import pytest
from pulumi import automation

from components.github_provider import github_provider
from components.organization import Organization
from components.organization_arguments import organization_args
from model.declaration import DeclaredOrganization, complete
from model.settings import read_stack
from sandbox.github.world import ORGANIZATION, Places
from sandbox.plugins.install import install
from toolchain import plugins
from toolchain.engine import engine

pytestmark = pytest.mark.e2e

PASSWORD = "a-password-to-look-for"
MOVING = {"updated_at", "pushed_at", "size", "permissions"}
"""What a commit changes by itself, and what tells of the asker rather than of the repository."""


@dataclass
class Takeover:
    """One organisation and the stack that takes it over."""

    base: str
    token: str
    stack: automation.Stack
    backend: Path

    def repositories(self) -> dict[str, Any]:
        """Every repository with its settings, by name, as GitHub answers."""
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=f"{self.base}api/v3/", headers=headers, trust_env=False, timeout=30) as client:
            listed = client.get(f"orgs/{ORGANIZATION}/repos", params={"per_page": 100}).json()
            full = [client.get(f"repos/{ORGANIZATION}/{one['name']}").json() for one in listed]
        return {one["name"]: {key: value for key, value in one.items() if key not in MOVING} for one in full}

    def preview(self) -> Counter[str]:
        """How many resources each operation of a preview meets."""
        return Counter({str(key): count for key, count in self.stack.preview().change_summary.items()})


MIRROR = {"": "127.0.0.1:5000/mirror", "_USERNAME": "ci", "_PASSWORD": PASSWORD}


def _declared(root: Path, base: str) -> DeclaredOrganization:
    environment = {
        "GITHUB_OWNER": ORGANIZATION,
        "REGISTRY": "127.0.0.1:5000",
        "REGISTRY_USERNAME": "ci",
        "REGISTRY_PASSWORD": PASSWORD,
        **{f"REGISTRY_{name}{part}": value for name in ("GHCR", "ALIYUN") for part, value in MIRROR.items()},
        "DISPATCH_TOKEN": PASSWORD,
        "WEBHOOK_URL": f"{base}nowhere",
    }

    def read(file: str) -> str:
        return (root / file).read_text()

    organization = complete("shared", read_stack("shared", read, environment), read).organization
    assert organization is not None
    return organization


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and token of a GitHub that nobody has declared anything on."""
    root = tmp_path_factory.mktemp("github")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "sandbox.github", "--root", str(root), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}/"
    try:
        _wait(f"{base}api/v3/meta")
        yield base, Places(root).token("deployer").read_text().strip()
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(url, timeout=1, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture(scope="module")
def takeover(root: Path, github: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Takeover]:
    """The organisation with nothing declared yet."""
    base, token = github
    folder = tmp_path_factory.mktemp("takeover")
    found = engine()
    home = folder / "pulumi"
    for name in set(plugins.provide(home, found)) & {"random"}:
        install(home, name, version(f"pulumi-{name}"))
    organization = _declared(root, base)

    def program() -> None:
        provider = github_provider(ORGANIZATION, f"{base}api/v3/")
        args = organization_args(organization)
        Organization(ORGANIZATION, args, pulumi.ResourceOptions(providers=[provider]))

    variables = {
        "GITHUB_TOKEN": token,
        "PULUMI_BACKEND_URL": folder.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    options = automation.LocalWorkspaceOptions(work_dir=str(folder), pulumi_home=str(home), env_vars=variables)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{found.folder}{os.pathsep}{os.environ['PATH']}")
        stack = automation.create_or_select_stack("shared", "openim-cicd", program, opts=options)
        yield Takeover(base, token, stack, folder)


def test_taking_over_changes_nothing_that_exists(takeover: Takeover) -> None:
    """The first preview imports and creates, nothing else; after the update every repository is what it was."""
    before = takeover.repositories()
    planned = takeover.preview()
    assert set(planned) == {"import", "create"}
    takeover.stack.up()
    after = takeover.repositories()
    assert set(after) - set(before) == {"openim-cicd"}
    assert {name: after[name] for name in before} == before


def test_the_next_preview_finds_nothing_to_do(takeover: Takeover) -> None:
    """Also when it looks at everything that exists first."""
    assert set(takeover.preview()) == {"same"}
    refreshed = takeover.stack.preview(refresh=True).change_summary
    assert set(map(str, refreshed)) == {"same"}


def test_no_credential_stands_in_the_state(takeover: Takeover) -> None:
    """Neither the token nor the registry's password, in clear."""
    states = [path.read_text() for path in (takeover.backend / ".pulumi" / "stacks").rglob("shared.json")]
    assert len(states) == 1
    assert [word for word in (PASSWORD, takeover.token) if word in states[0]] == []
