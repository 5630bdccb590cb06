"""What a job runs before anything of this project could ask who approved it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with what the installation reads."""
    root = tmp_path / "checkout"
    root.mkdir()
    shutil.copytree(ROOT / ".ci", root / ".ci")
    shutil.copy(ROOT / "requirements.lock", root)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return root


def install(checkout: Path) -> "subprocess.CompletedProcess[str]":
    subprocess.run(["git", "add", "--force", "--all"], cwd=checkout, check=True)
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "TMPDIR": str(checkout.parent)}
    environment["GITHUB_PATH"] = str(checkout.parent / "path")
    return subprocess.run(
        [".ci/install"], cwd=checkout, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_commands_are_outside_of_the_checkout(checkout: Path) -> None:
    """A committed program by the name of one that a job calls is not found on its PATH."""
    done = install(checkout)
    assert done.returncode == 0, done.stderr
    folder = Path((checkout.parent / "path").read_text().strip())
    assert not folder.is_relative_to(checkout)
    assert os.access(folder / "openim-cicd", os.X_OK)


@pytest.mark.parametrize(
    "path", [".venv/lib/python3.11/site-packages/evil.pth", "model/__pycache__/gate.cpython-311.pyc"]
)
def test_committed_packages_and_compiled_code_are_refused(checkout: Path, path: str) -> None:
    """Before any of it runs, with the offender's name within reach."""
    (checkout / path).parent.mkdir(parents=True)
    (checkout / path).write_text("evil\n")
    done = install(checkout)
    assert done.returncode == 1
    assert path in done.stderr
    assert not (checkout.parent / "path").exists()
