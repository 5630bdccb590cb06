"""One run of `pulumi up`: watched, stopped in order, held to a plan where there is one."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from delivery.engine_words import (
    Outcome,
    PlanViolated,
    Progress,
    Seen,
    StoppedError,
    UpdateError,
    against_plan,
    changes,
    tail,
    without_values,
)
from model.saved_plan import VARIABLE

POLL = 0.2
"""Seconds between two looks at a running update."""
GRACE = 120.0
"""Seconds for an update to stop in order, until it is told a second time, which ends it at once."""
QUIET = ("--yes", "--suppress-outputs", "--non-interactive", "--color", "never")
"""Outputs would stand between people and the reason of a failure."""

Watch = Callable[[], str | None]
"""Asked while an update runs: why it is to be stopped, or None."""


@dataclass(frozen=True)
class HeldPlan:
    """A plan that an update is held to."""

    digest: str
    """Of the sealed plan, as it was approved."""
    text: str = field(repr=False)
    """The engine's own file; it holds values of the stack's settings and resources."""


@dataclass(frozen=True)
class Update:
    """What is run: the engine's command, where, on which stack."""

    command: tuple[str, ...]
    """The CLI and the options that every update here has."""
    root: Path
    environment: Mapping[str, str] = field(repr=False)
    stack: str
    log: Path
    """What the engine says; its events lie beside it."""

    def run(self, progress: Progress, watch: Watch, plan: HeldPlan | None) -> Outcome | None:
        """One attempt; None where the engine failed.

        Raises:
            StoppedError: ``watch`` gave a reason to stop.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        events = self.log.with_suffix(".events")
        events.write_text("")
        started = time.monotonic()
        with _held_to(plan) as (options, variables), self.log.open("w") as output, events.open() as stream:
            process = subprocess.Popen(
                [*self.command, "--stack", self.stack, *QUIET, "--event-log", str(events), *options],
                cwd=self.root,
                env={**self.environment, "PULUMI_DEBUG_COMMANDS": "true", **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            seen = Seen(progress)
            stopped = _followed(process, lambda: seen.take(stream.readlines()), watch)
        if process.returncode and plan:
            # Whatever the engine says of a plan that does not hold, it says with values.
            self.log.write_text(without_values(self.log.read_text()))
            events.unlink()
        if stopped:
            raise StoppedError(self.stack, stopped)
        return None if process.returncode else _outcome(self.stack, events, started)


def _outcome(stack: str, events: Path, started: float) -> Outcome:
    counts = changes(events)
    total = sum(counts.values())
    return Outcome(stack, total, total - counts.get("same", 0), time.monotonic() - started)


@contextmanager
def _held_to(plan: HeldPlan | None) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """The engine's options and variables for an update; without a plan there is nothing to look at first."""
    if plan is None:
        yield ("--skip-preview",), {}
        return
    # Never with --skip-preview: half of it would be applied before a violation is noticed.
    with tempfile.TemporaryDirectory(prefix="openim-cicd-") as folder:
        file = Path(folder) / "plan.json"
        file.write_text(plan.text)
        yield ("--plan", str(file)), {VARIABLE: plan.digest}


def failure(name: str, said: str, log: Path, plan: HeldPlan | None) -> UpdateError:
    """Why an update did not come to its end, from what the engine said."""
    if plan and (difference := against_plan(said)):
        return PlanViolated(f"{name} was left as it is: its saved plan does not hold any more: {difference}")
    return UpdateError(f"{name} could not be brought up:\n{tail(said)}\nAll of it: {log}")


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
