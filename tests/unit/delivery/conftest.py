"""A remote and clones of it, made with git itself."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery.git import Clone

STAGING = """# Staging: open for everybody.
config:
  openim-cicd:registry: {host: "env:REGISTRY", username: ci, password: env:REGISTRY_PASSWORD}  # kept
  openim-cicd:release:
    id: v3.8.4+a1b2c3d
    images:
      # the primary's
      openim-api: sha256:1111111111111111111111111111111111111111111111111111111111111111
      mongo: sha256:2222222222222222222222222222222222222222222222222222222222222222
  openim-cicd:approval:
    required: 0
"""


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the caller's token nor the caller's git configuration."""
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")


@pytest.fixture
def clones(tmp_path: Path) -> Callable[[str], Clone]:
    """Gives a new clone of one remote by name."""
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    first = tmp_path / "first"
    git(tmp_path, "clone", "--quiet", str(remote), str(first))
    (first / "Pulumi.staging.yaml").write_text(STAGING)
    git(first, "checkout", "--quiet", "-B", "main")
    git(first, "add", ".")
    git(first, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "Begin")
    git(first, "push", "--quiet", "origin", "main")

    def clone(name: str) -> Clone:
        git(tmp_path, "clone", "--quiet", str(remote), name)
        return Clone(tmp_path / name)

    return clone
