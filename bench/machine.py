"""The running sandbox as the benchmarks use it."""

import json
import resource
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import world
from cli.place import project_root
from cli.stacks import NAMES
from delivery.errors import Refused
from delivery.salt import without_salt
from toolchain.engine import Engine, engine


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    """By the clock; on a busy machine mostly other people's."""
    cpu: float
    """Seconds of processor time."""


@dataclass(frozen=True)
class Machine:
    """An engine, its environment and the checkout."""

    engine: Engine
    environment: Mapping[str, str]
    root: Path

    @staticmethod
    def of_the_checkout() -> "Machine":
        """The machine that `make demo` has brought up.

        Raises:
            Refused: it does not run.
        """
        processes, _ = world.services()
        if not processes or not all(process.alive for process in processes.values()):
            raise Refused("the sandbox does not run: `make demo` first")
        found = engine()
        return Machine(found, world.variables_for(found), project_root())

    def pulumi(self, *arguments: str, folder: Path | None = None, **environment: str) -> str:
        """The output of one engine command; its failure is an error with what it said."""
        done = subprocess.run(
            [str(self.engine.pulumi), *arguments, "--non-interactive"],
            cwd=folder or self.root,
            env={"HOME": str(Path.home()), **self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        for stack in NAMES:
            without_salt(self.root / f"Pulumi.{stack}.yaml")
        if done.returncode:
            raise Refused(f"pulumi {' '.join(arguments)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout

    def cost(self, *arguments: str, folder: Path | None = None, **environment: str) -> Cost:
        """What one engine command takes, with everything that it starts and waits for."""
        started, before = time.perf_counter(), children()
        self.pulumi(*arguments, folder=folder, **environment)
        return Cost(time.perf_counter() - started, children() - before)

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """The resources in the state of ``stack``, secrets encrypted."""
        return list(json.loads(self.pulumi("stack", "export", "-s", stack))["deployment"]["resources"])


def children() -> float:
    """Processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
