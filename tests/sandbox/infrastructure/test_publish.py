"""The project as the organisation's infrastructure repository, on a stand-in of its own."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.infrastructure.clone import Clone, GitError, git
from sandbox.infrastructure.publish import Sections, publish
from tests.sandbox.github.conftest import StandIn, running

STAGING = """\
config:
  # Who pulls.
  openim-cicd:registry: {host: env:REGISTRY}
  openim-cicd:release:
    id: v1.0.0+aaaaaaa
    images: {api: sha256:1}
"""
PROD = """\
config:
  openim-cicd:promotion:
    from: staging
    soakTime: 30m
  openim-cicd:approval:
    required: 2 # of those below
    freezeWindows: [{cron: "0 18 * * FRI", duration: 60h}]
"""


@dataclass
class Project:
    """A checkout and where it is published."""

    checkout: Path
    clone: Clone
    standin: StandIn

    def publish(self, sections: Sections | None = None) -> bool:
        return publish(self.checkout, self.clone, self.standin.token("deployer"), sections)

    def write(self, name: str, text: str) -> None:
        (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (self.checkout / name).write_text(text)

    def published(self, name: str) -> str:
        return self.clone.git("show", f"origin/main:{name}")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with running(tmp_path / "github") as standin, standin.client() as client:
        assert client.post("/orgs/openimsdk/repos", json={"name": "machine", "auto_init": True}).status_code == 201
        checkout = tmp_path / "checkout"
        checkout.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)
        made = Project(checkout, Clone(tmp_path / "clone", f"{standin.base}/openimsdk/machine.git"), standin)
        made.write("Pulumi.staging.yaml", STAGING)
        made.write("Pulumi.prod.yaml", PROD)
        made.write(".gitignore", "secret\n")
        made.write("secret", "nobody's business")
        yield made


def test_it_holds_the_project_and_nothing_that_git_ignores(project: Project) -> None:
    """What git would commit is published, once; the second time there is nothing to do."""
    assert project.publish()
    assert project.published("Pulumi.staging.yaml") == STAGING
    assert "secret" not in project.clone.git("ls-tree", "--name-only", "origin/main").split()
    assert not project.publish()


def test_the_engines_salt_stays_behind(project: Project) -> None:
    """What an update in the user's shell left in the working tree is no setting of the organisation's."""
    project.write("Pulumi.staging.yaml", STAGING + "encryptionsalt: v1:abc=\n")
    project.publish()
    assert project.published("Pulumi.staging.yaml") == STAGING


def test_production_is_rehearsed_without_waiting(project: Project) -> None:
    """Soak time and freeze windows are the sandbox's; who must approve, and the comments, stay."""
    project.publish()
    text = project.published("Pulumi.prod.yaml")
    assert "soakTime: 5s" in text
    assert "freezeWindows: []" in text
    assert "required: 2 # of those below" in text


def test_a_sandbox_has_settings_of_its_own(project: Project) -> None:
    """Keys that no checkout can know are added to what it says, once."""
    keys = {"Pulumi.staging.yaml": {"openim-cicd:signing": {"machine": [{"key": "ssh-ed25519 AAAA"}]}}}
    assert project.publish(keys)
    text = project.published("Pulumi.staging.yaml")
    assert text.startswith(STAGING.rstrip("\n"))
    assert "key: ssh-ed25519 AAAA" in text
    assert not project.publish(keys)


def test_what_the_machine_wrote_is_kept(project: Project) -> None:
    """A release, ledger, approvals and workflows of the repository survive the next publication."""
    project.publish()
    folder = project.clone.folder
    released = STAGING.replace("v1.0.0+aaaaaaa", "v1.0.1+bbbbbbb")
    (folder / "Pulumi.staging.yaml").write_text(released)
    for name in ("ledger/staging.jsonl", ".github/workflows/deploy.yml"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("{}\n")
    assert project.clone.commit("Release v1.0.1")
    project.clone.push()
    project.write("Pulumi.staging.yaml", STAGING.replace("Who pulls.", "Whoever pulls."))
    assert project.publish()
    assert project.published("Pulumi.staging.yaml") == released.replace("Who pulls.", "Whoever pulls.")
    assert project.published("ledger/staging.jsonl") == "{}\n"
    assert project.published(".github/workflows/deploy.yml") == "{}\n"


def test_what_the_checkout_drops_goes(project: Project) -> None:
    """A file that is no longer part of the project is removed."""
    project.write("old.py", "")
    project.publish()
    (project.checkout / "old.py").unlink()
    assert project.publish()
    assert "old.py" not in project.clone.git("ls-tree", "--name-only", "origin/main").split()


def test_the_token_stands_in_no_address(project: Project) -> None:
    """It is in a file for its owner's eyes, not in git's configuration."""
    project.publish()
    token = project.standin.token("deployer")
    assert token not in (project.clone.folder / ".git" / "config").read_text()
    assert (project.clone.folder / ".git" / "credentials").stat().st_mode & 0o077 == 0


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    """The command and git's reason are named."""
    with pytest.raises(GitError, match=r"git ls-files failed in .*not a git repository"):
        git(tmp_path, "ls-files")
