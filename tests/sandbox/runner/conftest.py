"""A stand-in with a runner beside it, and a repository to push to."""

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.github.conftest import StandIn, running

PATIENCE = 300.0
GIT = ("git", "-c", "user.name=Mei", "-c", "user.email=mei@openim.example")
ENDED = "completed"


@dataclass
class Runner:
    """A runner's process."""

    root: Path
    github: StandIn
    act: Path
    programs: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        log = (self.root.parent / "runner.log").open("ab")
        options = ("--root", self.root, "--github", self.github.base, "--act", self.act, "--path", self.programs)
        key = self.github.root / "tokens" / "runner"
        argv = (sys.executable, "-m", "sandbox.runner", *map(str, options), "--key", str(key))
        self.process = subprocess.Popen(argv, stdout=log, stderr=log)
        wait((self.root / "ready").exists, self.log)

    def log(self) -> str:
        return (self.root.parent / "runner.log").read_text()

    def stop(self, *, hard: bool = False) -> None:
        assert self.process is not None
        (self.process.kill if hard else self.process.terminate)()
        self.process.wait(30)


def wait(until: Callable[[], Any], explain: Callable[[], object] = lambda: "") -> Any:
    """What ``until`` gives once that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := until()):
        assert time.monotonic() < deadline, explain()
        time.sleep(0.1)
    return found


@dataclass
class Organisation:
    """The stand-in as people use it."""

    github: StandIn
    runner: Runner
    folder: Path

    def call(self, method: str, path: str, *, who: str = "deployer", **body: Any) -> httpx.Response:
        with self.github.client(who) as client:
            return client.request(method, path, json=body or None, follow_redirects=True)

    def create(self, name: str, **settings: Any) -> None:
        self.call("POST", "/orgs/openimsdk/repos", name=name, auto_init=True, **settings).raise_for_status()

    def clone(self, name: str) -> Path:
        target = self.folder / name
        if not target.exists():
            subprocess.run(("git", "clone", "-q", self.github.clone_address(name, "owner"), target), check=True)
        return target

    def push(self, name: str, files: dict[str, str], branch: str = "main", message: str = "Change") -> str:
        """Commit files to a branch and push it; the commit."""
        clone = self.clone(name)
        subprocess.run(("git", "checkout", "-q", "-B", branch), cwd=clone, check=True)
        for path, text in files.items():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            (clone / path).write_text(text)
        subprocess.run((*GIT, "add", "-A"), cwd=clone, check=True)
        subprocess.run((*GIT, "commit", "-q", "--allow-empty", "-m", message), cwd=clone, check=True)
        subprocess.run(("git", "push", "-q", "origin", branch), cwd=clone, check=True)
        found = subprocess.run(("git", "rev-parse", "HEAD"), cwd=clone, check=True, capture_output=True, text=True)
        return found.stdout.strip()

    def runs(self, name: str, **query: str) -> list[dict[str, Any]]:
        with self.github.client() as client:
            answer = client.get(f"/repos/openimsdk/{name}/actions/runs", params=query)
        found: list[dict[str, Any]] = answer.raise_for_status().json()["workflow_runs"]
        return found

    def run(self, repository: str, status: str = ENDED, name: str | None = None, **query: str) -> dict[str, Any]:
        """The newest run, or the newest of one workflow, once it has the status."""

        def found() -> Any:
            listed = [run for run in self.runs(repository, **query) if name in (None, run["name"])]
            assert status == ENDED or not listed or listed[0]["status"] != ENDED, (listed[0], self.runner.log()[-3000:])
            return next((run for run in listed[:1] if run["status"] == status), None)

        return dict(wait(found, lambda: (self.runs(repository, **query)[:2], self.runner.log()[-3000:])))

    def jobs(self, name: str, run: dict[str, Any], **query: str) -> dict[str, dict[str, Any]]:
        with self.github.client() as client:
            answer = client.get(f"/repos/openimsdk/{name}/actions/runs/{run['id']}/jobs", params=query)
        return {job["name"]: job for job in answer.raise_for_status().json()["jobs"]}

    def log(self, name: str, job: dict[str, Any]) -> str:
        return self.call("GET", f"/repos/openimsdk/{name}/actions/jobs/{job['id']}/logs").raise_for_status().text

    def artifact(self, name: str, run: dict[str, Any], artifact: str) -> dict[str, bytes]:
        listed = self.call("GET", f"/repos/openimsdk/{name}/actions/runs/{run['id']}/artifacts").json()["artifacts"]
        [found] = [each for each in listed if each["name"] == artifact]
        answer = self.call("GET", f"/repos/openimsdk/{name}/actions/artifacts/{found['id']}/zip").raise_for_status()
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return {path: archive.read(path) for path in archive.namelist()}


@pytest.fixture(scope="session")
def organisation(tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], Path]) -> Iterator[Organisation]:
    """One for all tests, each with a repository of its own."""
    root = tmp_path_factory.mktemp("organisation")
    with running(root / "github") as github:
        runner = Runner(root / "runner", github, tool("act"), tool("crane").parent)
        runner.start()
        yield Organisation(github, runner, root)
        runner.stop()
