"""The engine at work on this project's stacks, through Pulumi's Automation API."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation
from pulumi.automation import EngineEvent, OpType

from cli.place import project_root
from delivery.errors import Refused
from toolchain.engine import Engine

NAMES = ("shared", "staging", "prod")
"""In the order in which they are brought up."""
SALT = re.compile(r"^encryptionsalt:.*\n", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What an update did."""

    stack: str
    resources: int
    changes: int
    seconds: float


@dataclass(frozen=True)
class Stacks:
    """The stacks of the checkout, in one environment."""

    engine: Engine
    environment: Mapping[str, str]

    def ensure(self, name: str) -> automation.Stack:
        """The stack ``name``, made in the backend where it does not exist yet.

        Raises:
            Refused: the engine would not make or select it.
        """
        options = automation.LocalWorkspaceOptions(
            env_vars=dict(self.environment),
            pulumi_command=automation.PulumiCommand(root=str(self.engine.folder.parent)),
        )
        try:
            return automation.create_or_select_stack(name, work_dir=str(project_root()), opts=options)
        except automation.CommandError as error:
            raise Refused(f"the stack {name} cannot be used:\n{_reason(str(error))}") from None
        finally:
            without_salt(project_root() / f"Pulumi.{name}.yaml")

    def up(self, name: str, log: Path, progress: Callable[[int, str], None]) -> Outcome:
        """Bring ``name`` up; the engine's own output goes to ``log``.

        ``progress`` is called with the number of resources done and the last one's name.

        Raises:
            Refused: the engine failed; the text ends with what it said.
        """
        done = 0

        def on_event(event: EngineEvent) -> None:
            nonlocal done
            finished = event.res_outputs_event
            if finished:
                done += 1
                progress(done, finished.metadata.urn.rpartition("::")[2])

        started = time.monotonic()
        with log.open("w") as output:
            try:
                result = self.ensure(name).up(on_output=lambda line: print(line, file=output), on_event=on_event)
            except automation.CommandError:
                raise Refused(f"{name} could not be brought up:\n{_tail(log)}\nAll of it: {log}") from None
            finally:
                without_salt(project_root() / f"Pulumi.{name}.yaml")
        counts = result.summary.resource_changes or {}
        changes = sum(count for op, count in counts.items() if op != OpType.SAME)
        return Outcome(name, sum(counts.values()), changes, time.monotonic() - started)


def without_salt(file: Path) -> None:
    """Take the salt out that the engine writes into the committed file; the state keeps it."""
    text = file.read_text()
    if SALT.search(text):
        file.write_text(SALT.sub("", text))


def _reason(text: str) -> str:
    """The lines of the engine's own error."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(f"    {line}" for line in lines if line.startswith("error:")) or text


def _tail(log: Path) -> str:
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    start = next((i for i, line in enumerate(lines) if line.startswith("Diagnostics:")), max(0, len(lines) - 20))
    return "\n".join(f"    {line}" for line in lines[start : start + 40])
