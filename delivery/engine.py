"""The engine at work on this project's stacks: made where they are missing, brought up, unlocked after a crash.

The engine is the one on PATH. It runs in a session of its own: an interrupted command asks it to stop in order, and
one that is killed leaves it to finish; whoever comes next waits for it.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery import lock
from delivery.engine_words import Outcome, Progress, held_by, reason, tail
from delivery.errors import Refused
from delivery.salt import saltless
from delivery.update import GRACE, HeldPlan, Update, Watch, failure
from model.settings import stack_file

POLICIES = "policies"
"""The folder of the policy pack."""
PENDING = "pending operations from previous deployment"
"""What the engine says where an update was killed in the midst of an operation."""
LOCK_PATIENCE = 900.0
"""Seconds to wait for whoever holds the lock."""
LOCK_POLL = 5.0
"""Seconds between two attempts."""
PREVIEW_PATIENCE = 1800.0
"""Seconds for one preview; the first of a large organisation reads all of it."""

Report = Callable[[str], None]
Again = Callable[[], None]
"""Called before an update that waited for somebody else's is tried again; raises where there is nothing to try."""


@dataclass(frozen=True)
class Engine:
    """The engine in one checkout and one environment."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    @property
    def pulumi(self) -> Path:
        """The CLI.

        Raises:
            Refused: there is none on PATH.
        """
        found = shutil.which("pulumi", path=self.environment.get("PATH", ""))
        if found is None:
            raise Refused("pulumi is not on PATH; `openim-cicd doctor` says what is needed")
        return Path(found)

    @property
    def policies(self) -> tuple[str, ...]:
        """Options with which the engine holds a change to the checkout's policy pack; none where it has none."""
        return ("--policy-pack", POLICIES) if (self.root / POLICIES / "PulumiPolicy.yaml").exists() else ()

    def ensure(self, name: str) -> None:
        """Make the stack ``name`` in the backend where it does not exist yet.

        Raises:
            Refused: the engine would not.
        """
        with saltless(self.root / stack_file(name)):
            done = self._run("stack", "init", "--no-select", "--stack", name)
        # Only a stack that exists is locked.
        if done.returncode and "already exists" not in done.stderr and not lock.is_locked(done.stderr):
            raise Refused(f"the stack {name} cannot be used:\n{reason(done.stderr)}")

    def outputs(self, name: str) -> dict[str, Any]:
        """What the stack exports; secrets stay hidden.

        Raises:
            Refused: the backend does not answer or has no such stack.
        """
        done = self._run("stack", "output", "--json", "--stack", name)
        if done.returncode:
            raise Refused(f"the stack {name} cannot be read:\n{reason(done.stderr)}")
        return dict(json.loads(done.stdout or "{}"))

    def resources(self, name: str) -> list[dict[str, Any]]:
        """Everything in the stack's state; secrets stay encrypted.

        Raises:
            Refused: the backend does not answer or has no such stack.
        """
        return list(self._exported(name).get("resources") or [])

    def state(self, name: str) -> list[dict[str, Any]]:
        """As ``resources``, and what an update left half done; secrets in clear, since their ciphertext may be new.

        Raises:
            Refused: the backend does not answer or has no such stack.
        """
        found = self._exported(name, "--show-secrets")
        half_done = [one["resource"] | {"half done": one["type"]} for one in found.get("pending_operations") or []]
        return [*(found.get("resources") or []), *half_done]

    def _exported(self, name: str, *options: str) -> dict[str, Any]:
        done = self._run("stack", "export", "--stack", name, *options)
        if done.returncode:
            raise Refused(f"the stack {name} cannot be read:\n{reason(done.stderr)}")
        return dict(json.loads(done.stdout)["deployment"] or {})

    def plan(self, name: str) -> tuple[str, tuple[str, ...]]:
        """What an update of ``name`` would do now, as the engine itself saves it; it holds values, also secret ones.

        Besides, the policy packs that have looked at it and found nothing against it.

        Raises:
            Refused: the preview does not come to its end, or the checkout's policy pack did not look.
        """
        with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder, saltless(self.root / stack_file(name)):
            file = Path(folder) / "plan.json"
            options = ("--save-plan", str(file), "--suppress-outputs", *self.policies)
            done = self._run("preview", "--stack", name, *options, patience=PREVIEW_PATIENCE)
            if done.returncode or not file.exists():
                raise Refused(f"{name} cannot be planned:\n{tail(done.stdout) or reason(done.stderr)}")
            # A program may print what it likes; the engine tells of a pack only where it was given one.
            policies = held_by(done.stdout) if self.policies else ()
            if self.policies and not policies:
                raise Refused(f"{name} cannot be planned: the engine does not say that the policy pack holds")
            return file.read_text(), policies

    def up(
        self,
        name: str,
        log: Path,
        progress: Progress,
        report: Report,
        *,
        watch: Watch = lambda: None,
        again: Again = lambda: None,
        plan: HeldPlan | None = None,
    ) -> Outcome:
        """Bring ``name`` up; the engine's own output goes to ``log``. A lock whose process has died is taken away.

        With ``plan`` the engine does that and nothing else; it looks before it begins.

        Raises:
            StoppedError: ``watch`` gave a reason to stop.
            PlanViolated: the engine would do something else than ``plan``.
            UpdateError: the engine failed.
            Refused: somebody else works on the stack and does not come to an end.
        """
        self.ensure(name)
        update = Update((str(self.pulumi), "up", *self.policies), self.root, self.environment, name, log)
        deadline, told = time.monotonic() + LOCK_PATIENCE, ""
        while True:
            with saltless(self.root / stack_file(name)):
                outcome = update.run(progress, watch, plan)
            if outcome:
                if PENDING in log.read_text():
                    self._forget_made(name, report)
                return outcome
            said = log.read_text()
            if not lock.is_locked(said):
                raise failure(name, said, log, plan)
            told = self._wait_for_lock(name, said, deadline, told, report)
            again()

    def _forget_made(self, name: str, report: Report) -> None:
        """Take out of the state what a killed update was about to create, where a later one has created it.

        The engine keeps such operations for ever, since it cannot know what became of them; here it is known.
        """
        with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder, saltless(self.root / stack_file(name)):
            exported = self._run("stack", "export", "--stack", name)
            # The update has ended well; a backend that does not answer now is no reason to say otherwise.
            if exported.returncode or not _is_made(json.loads(exported.stdout)["deployment"]):
                return
            file = Path(folder) / "state.json"
            file.write_text(exported.stdout)
            # An import leaves open operations out. It takes the backend's lock: where somebody else has that by now,
            # their update leaves this to the next.
            done = self._run("stack", "import", "--stack", name, "--file", str(file))
        if done.returncode == 0:
            report(f"{name}: what a killed update had left open was done since")

    def _wait_for_lock(self, name: str, said: str, deadline: float, told: str, report: Report) -> str:
        found = lock.holders(said)
        who = "; ".join(map(str, found)) or "somebody whom the backend does not name"
        if found and all(one.is_dead for one in found):
            report(f"{name} is locked by a process that has died ({who}): the lock is taken away")
            self._run("cancel", "--yes", "--stack", name)
            return who
        if time.monotonic() > deadline:
            raise Refused(
                f"{name} is locked by {who}, and has been for {LOCK_PATIENCE / 60:.0f} min. If that update has "
                f"died, take its lock away: pulumi cancel --stack {name}; then run the same command again"
            )
        if who != told:
            report(f"{name} is locked by {who}: waiting for the end of that update")
        time.sleep(LOCK_POLL)
        return who

    def _run(self, *arguments: str, patience: float = GRACE) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self.pulumi), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.root,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=patience,
        )


def _is_made(latest: Mapping[str, Any]) -> bool:
    """Whether operations are open in a state and all that they were to create is there."""
    made = {one["urn"] for one in latest["resources"] if not one.get("delete")}
    half_done = latest.get("pending_operations") or []
    return bool(half_done) and all(one["type"] == "creating" and one["resource"]["urn"] in made for one in half_done)
