"""The engine at work on this project's stacks: made where they are missing, brought up, unlocked after a crash.

The engine is the one on PATH. It runs in a session of its own: an interrupted command asks it to stop in order, and
one that is killed leaves it to finish; whoever comes next waits for it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from delivery import lock
from delivery.errors import Refused
from model.settings import stack_file

SALT = re.compile(r"^encryptionsalt:.*\n", re.MULTILINE)
POLL = 0.2
"""Seconds between two looks at a running update."""
POLICIES = "policies"
"""The folder of the policy pack."""
LOCK_PATIENCE = 900.0
"""Seconds to wait for whoever holds the lock."""
LOCK_POLL = 5.0
"""Seconds between two attempts."""
GRACE = 120.0
"""Seconds for an update to stop in order, until it is told a second time, which ends it at once."""

Progress = Callable[[int, str], None]
"""Told the number of resources done and the last one's name."""
Report = Callable[[str], None]
Watch = Callable[[], str | None]
"""Asked while an update runs: why it is to be stopped, or None."""
Again = Callable[[], None]
"""Called before an update that waited for somebody else's is tried again; raises where there is nothing to try."""


class UpdateError(Refused):
    """An update did not come to its end; the text ends with what the engine said."""


class StoppedError(UpdateError):
    """It was stopped by whoever watched it."""

    def __init__(self, stack: str, reason: str) -> None:
        super().__init__(f"the update of {stack} was stopped: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class Outcome:
    """What an update did."""

    stack: str
    resources: int
    changes: int
    seconds: float


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
        with self._saltless(name):
            done = self._run("stack", "init", "--no-select", "--stack", name)
        # Only a stack that exists is locked.
        if done.returncode and "already exists" not in done.stderr and not lock.is_locked(done.stderr):
            raise Refused(f"the stack {name} cannot be used:\n{_reason(done.stderr)}")

    def outputs(self, name: str) -> dict[str, Any]:
        """What the stack exports; secrets stay hidden.

        Raises:
            Refused: the backend does not answer or has no such stack.
        """
        done = self._run("stack", "output", "--json", "--stack", name)
        if done.returncode:
            raise Refused(f"the stack {name} cannot be read:\n{_reason(done.stderr)}")
        return dict(json.loads(done.stdout or "{}"))

    def resources(self, name: str) -> list[dict[str, Any]]:
        """Everything in the stack's state; secrets stay encrypted.

        Raises:
            Refused: the backend does not answer or has no such stack.
        """
        done = self._run("stack", "export", "--stack", name)
        if done.returncode:
            raise Refused(f"the stack {name} cannot be read:\n{_reason(done.stderr)}")
        return list(json.loads(done.stdout)["deployment"].get("resources") or [])

    def up(
        self,
        name: str,
        log: Path,
        progress: Progress,
        report: Report,
        *,
        watch: Watch = lambda: None,
        again: Again = lambda: None,
    ) -> Outcome:
        """Bring ``name`` up; the engine's own output goes to ``log``. A lock whose process has died is taken away.

        Raises:
            StoppedError: ``watch`` gave a reason to stop.
            UpdateError: the engine failed.
            Refused: somebody else works on the stack and does not come to an end.
        """
        self.ensure(name)
        deadline, told = time.monotonic() + LOCK_PATIENCE, ""
        while True:
            with self._saltless(name):
                outcome = self._up(name, log, progress, watch)
            if outcome:
                return outcome
            said = log.read_text()
            if not lock.is_locked(said):
                raise UpdateError(f"{name} could not be brought up:\n{_tail(said)}\nAll of it: {log}")
            told = self._wait_for_lock(name, said, deadline, told, report)
            again()

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

    def _up(self, name: str, log: Path, progress: Progress, watch: Watch) -> Outcome | None:
        """One attempt; None where the engine failed."""
        log.parent.mkdir(parents=True, exist_ok=True)
        events = log.with_suffix(".events")
        events.write_text("")
        # Outputs would stand between people and the reason of a failure.
        quiet = ["--suppress-outputs", "--non-interactive", "--color", "never"]
        argv = [str(self.pulumi), "up", "--yes", "--skip-preview", *quiet, *self.policies]
        variables = {**self.environment, "PULUMI_DEBUG_COMMANDS": "true"}
        started = time.monotonic()
        with log.open("w") as output, events.open() as stream:
            process = subprocess.Popen(
                [*argv, "--stack", name, "--event-log", str(events)],
                cwd=self.root,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            seen = _Seen(progress)
            stopped = _followed(process, lambda: seen.take(stream.readlines()), watch)
        if stopped:
            raise StoppedError(name, stopped)
        if process.returncode:
            return None
        counts = _changes(events)
        return Outcome(
            name, sum(counts.values()), sum(counts.values()) - counts.get("same", 0), time.monotonic() - started
        )

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self.pulumi), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.root,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=GRACE,
        )

    @contextmanager
    def _saltless(self, name: str) -> Iterator[None]:
        """The committed file as it was: the engine writes its salt into it and folds long lines anew.

        A salt that stands there already may be another state's; the engine would ask for that one's passphrase.
        """
        file = self.root / stack_file(name)
        without_salt(file)
        before = file.read_text() if file.exists() else ""
        try:
            yield
        finally:
            without_salt(file, before)


@dataclass
class _Seen:
    """What the engine's events have told."""

    progress: Progress
    done: int = 0
    rest: str = ""

    def take(self, lines: list[str]) -> None:
        for line in lines:
            self.rest += line
            if not self.rest.endswith("\n"):
                return
            event, self.rest = _event(self.rest), ""
            if "resOutputsEvent" in event:
                self.done += 1
                self.progress(self.done, event["resOutputsEvent"]["metadata"]["urn"].rpartition("::")[2])


def _event(line: str) -> dict[str, Any]:
    """One event; nothing of a line that was read while it was being written: it only tells how far the update is."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}


def _changes(events: Path) -> dict[str, int]:
    """Number of resources by operation, from the log of an update that has ended."""
    found = [one["summaryEvent"] for one in map(json.loads, events.open()) if "summaryEvent" in one]
    return dict(found[-1].get("resourceChanges") or {}) if found else {}


def _followed(process: "subprocess.Popen[bytes]", take: Callable[[], None], watch: Watch) -> str | None:
    """Wait for the end of an update, stopped in order on the way where there is a reason; gives that reason."""
    reason, asked = None, 0.0
    try:
        while process.poll() is None:
            take()
            if reason is None and (reason := watch()):
                process.send_signal(signal.SIGINT)
                asked = time.monotonic()
            if asked and time.monotonic() - asked > GRACE:
                process.send_signal(signal.SIGINT)
                asked = time.monotonic()
            time.sleep(POLL)
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.wait(GRACE)
        raise
    take()
    return reason if process.returncode else None


def without_salt(file: Path, before: str = "") -> None:
    """Take the salt out that the engine writes into the committed file; the state keeps it.

    Where nothing else was changed the text is ``before`` again, to the byte.
    """
    text = file.read_text() if file.exists() else ""
    if SALT.search(text):
        plain = SALT.sub("", text)
        file.write_text(before if before and _data(before) == _data(plain) else plain)


def _data(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def _reason(text: str) -> str:
    """The lines of the engine's own error."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(f"    {line}" for line in lines if line.startswith("error:")) or text


def _tail(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Diagnostics:")), max(0, len(lines) - 20))
    return "\n".join(f"    {line}" for line in lines[start : start + 40])
