"""A clone of the infrastructure repository, and the people who type commands in it, each as themselves."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from delivery.git import Clone, Edit
from delivery.github import GitHub, client
from delivery.ledger import ledger_file, parse_lines
from delivery.signing import MACHINE_KEY, OWN_KEY, make
from model.ledger import Actor, Entries
from sandbox.github import services as github
from sandbox.infrastructure.clone import Clone as Copy
from sandbox.layout import Layout
from tests.e2e.machine import Done, Machine, base_environment, run

OPERATOR = "operator"
"""Holds production's credentials and the machine's key."""
SIGNERS = ("omar-sre", "ines-sre")
"""Who has a key of their own."""
CLOCK = Path(__file__).parent / "clock"
RECORDED_WITHIN = 120.0
"""Seconds in which a workflow records somebody's word, on a busy machine."""
NONE_COMES = 10
"""Looks after which no run is waited for: GitHub did not take the word."""
SKIP = "\n\n[skip ci]"
"""No workflow follows: what is deployed, these people deploy."""


@dataclass
class Desk:
    """Commands, as people type them and as they end."""

    machine: Machine
    clone: Clone
    ahead: timedelta = timedelta(0)
    """What these people's clocks say, beside what GitHub's says."""
    accounts: dict[str, GitHub] = field(default_factory=dict)
    away: dict[str, str] = field(default_factory=dict)
    """Variables of what does not answer now."""

    @classmethod
    def of(cls, machine: Machine, folder: Path) -> "Desk":
        """A desk with a clone of its own."""
        address = machine.variables["GITHUB_BASE_URL"].removesuffix("/api/v3/")
        copy = Copy(folder, f"{address}/{machine.variables['GITHUB_OWNER']}/openim-cicd.git")
        copy.ensure(machine.variables["GITHUB_TOKEN"])
        (folder / ".venv").symlink_to((machine.root / ".venv").resolve())
        return cls(machine, Clone(folder))

    @property
    def diary(self) -> Path:
        """What was done, and what became of it."""
        return self.clone.root.parent / "diary.txt"

    def say(self, text: str) -> None:
        """One more line of the diary."""
        with self.diary.open("a") as stream:
            stream.write(f"{datetime.now():%H:%M:%S} {text}\n")

    @property
    def now(self) -> datetime:
        """By these people's clocks."""
        return datetime.now(UTC) + self.ahead

    @property
    def sandbox(self) -> Path:
        """The sandbox's folder."""
        return self.machine.root / ".sandbox"

    @property
    def repository(self) -> str:
        """The infrastructure repository."""
        return f"{self.machine.variables['GITHUB_OWNER']}/openim-cicd"

    def type(self, who: str, *command: str) -> Done:
        """One command, to its end."""
        return run(list(command), self.clone.root, self.environment(who))

    def killed(self, who: str, *command: str, after: float) -> bool:
        """One command that is killed after some seconds, and all that it started; False where it had ended before."""
        started = subprocess.Popen(
            command,
            cwd=self.clone.root,
            env={**base_environment(), **self.environment(who)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            started.wait(after)
        except subprocess.TimeoutExpired:
            for one in family(started.pid):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            started.wait()
            return True
        return False

    @contextmanager
    def without_github(self) -> Iterator[None]:
        """For a while GitHub does not answer, neither git nor the API."""
        address = self.clone.remote_url()
        self.away = {"GITHUB_BASE_URL": nowhere(self.machine.variables["GITHUB_BASE_URL"])}
        self.clone.git("remote", "set-url", "origin", nowhere(address))
        try:
            yield
        finally:
            self.clone.git("remote", "set-url", "origin", address)
            self.away = {}

    @contextmanager
    def without_cluster(self, stage: str) -> Iterator[None]:
        """For a while a stage's cluster does not answer."""
        name = f"KUBECONFIG_{stage.upper()}"
        lost = self.clone.root.parent / f"lost-{stage}"
        lost.write_text(nowhere(Path(self.machine.variables[name]).read_text()))
        self.away = {name: str(lost)}
        try:
            yield
        finally:
            self.away = {}

    def environment(self, who: str) -> dict[str, str]:
        """What a shell of theirs holds."""
        found = dict(self.machine.variables)
        if who != OPERATOR:
            found.pop(MACHINE_KEY, None)
            found["GITHUB_TOKEN"] = self._token(who)
        if who in SIGNERS:
            found[OWN_KEY] = str(self.key(who))
        if self.ahead:
            found |= {"PYTHONPATH": str(CLOCK), "HISTORY_AHEAD": str(self.ahead.total_seconds())}
        return found | self.away

    def key(self, who: str) -> Path:
        """The file of somebody's own key."""
        file = (self.sandbox / "keys" if who in SIGNERS else self.clone.root.parent) / who
        if not file.exists():
            make(file)
        return file

    def github(self, who: str) -> GitHub:
        """GitHub as they see it."""
        if who not in self.accounts:
            token = self.machine.variables["GITHUB_TOKEN"] if who == OPERATOR else self._token(who)
            self.accounts[who] = GitHub(client(token, self.machine.variables["GITHUB_BASE_URL"]))
        return self.accounts[who]

    def actor(self, who: str) -> Actor:
        """Their account."""
        return Actor(login=who, id=self.github(OPERATOR).get(f"users/{who}")["id"])

    def refresh(self) -> None:
        """Bring the clone to what the remote holds; nothing but what the engine leaves in a stack file differs."""
        self.clone.git("checkout", "--quiet", "--force", "main")
        self.clone.git("reset", "--quiet", "--hard", self.clone.fetch("main"))

    def edit(self, message: str, edit: Edit) -> None:
        """Somebody with the right to do so changes main past every pull request."""
        self.refresh()
        self.clone.publish("main", f"{message}{SKIP}", edit)
        self.refresh()

    def entries(self, stage: str) -> Entries:
        """The remote's ledger."""
        return parse_lines(stage, self.clone.file_at(self.clone.fetch("main"), ledger_file(stage)) or "")

    def recordings(self) -> list[int]:
        """Ids of the runs that take down people's words, the newest first."""
        return [one["id"] for one in self._recordings()]

    def wait_for_record(self, run: int) -> None:
        """Until the runs newer than ``run`` have ended; where none comes, nothing is recorded."""
        deadline, seen = time.monotonic() + RECORDED_WITHIN, 0
        while time.monotonic() < deadline:
            new = [one for one in self._recordings() if one["id"] > run]
            seen += not new
            if seen > NONE_COMES or (new and all(one["status"] == "completed" for one in new)):
                return
            time.sleep(0.5)
        raise AssertionError(f"nothing is recorded within {RECORDED_WITHIN:.0f} s")

    def _recordings(self) -> list[dict[str, Any]]:
        path = f"repos/{self.repository}/actions/workflows/commands.yml/runs?per_page=20"
        return list(self.github(OPERATOR).get(path)["workflow_runs"])

    def runs(self, stage: str) -> Mapping[str, str]:
        """The image of each Deployment of the application, as the cluster has it."""
        found = self.machine.kubectl(stage).items("/apis/apps/v1/namespaces/openim/deployments")
        return {one["metadata"]["name"]: _image(one) for one in found}

    def state(self, stage: str) -> Path:
        """The file in which the engine keeps what it knows of a stage."""
        return self._backend / "stacks" / "openim-cicd" / f"{stage}.json"

    def resources(self, stage: str) -> list[dict[str, Any]]:
        """What the engine knows of a stage."""
        return list(json.loads(self.state(stage).read_text())["checkpoint"]["latest"]["resources"])

    @property
    def _backend(self) -> Path:
        return Path(self.machine.variables["PULUMI_BACKEND_URL"].removeprefix("file://")) / ".pulumi"

    def _token(self, who: str) -> str:
        return github.places(Layout(self.sandbox)).token(who).read_text().strip()


def nowhere(text: str) -> str:
    """Every address of the sandbox in a text, with a port at which nobody listens."""
    return re.sub(r"(://127\.0\.0\.1):\d+", r"\1:9", text)


def family(process: int) -> list[int]:
    """A process and all that come from it, the engine's plugins in sessions of their own too."""
    parents: dict[int, int] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(file.parent.name)] = int(file.read_text().rpartition(")")[2].split()[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _image(deployment: dict[str, Any]) -> str:
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    return str(container["image"]).rpartition("@")[2]
