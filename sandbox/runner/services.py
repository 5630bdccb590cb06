"""The runner as a part of the sandbox."""

import os
import sys
from pathlib import Path

from sandbox.github import services as github
from sandbox.layout import Layout
from sandbox.ports import LOOPBACK, Ports
from sandbox.registry import services as registry
from sandbox.service import Service, Tool

NAME = "runner"
PYTHON = Path(sys.executable).parent
"""Where the project's own commands are."""


def prepare(layout: Layout, ports: Ports) -> None:
    """Nothing waits for a former runner."""
    (layout.folder(NAME) / "ready").unlink(missing_ok=True)


def services(layout: Layout, ports: Ports, tool: Tool) -> list[Service]:
    """One process, which needs the stand-in for its work and the registry for what jobs push."""
    argv = (
        sys.executable,
        "-m",
        "sandbox.runner",
        "--root",
        str(layout.folder(NAME)),
        "--github",
        f"http://{LOOPBACK}:{ports.port(github.NAME)}",
        "--key",
        str(github.places(layout).runner_key),
        "--act",
        str(tool("act")),
        "--path",
        str(PYTHON),
    )
    ready = layout.folder(NAME) / "ready"
    handed = {name: value for name in ("GOPROXY", "GOFLAGS", "GOCACHE", "GOMODCACHE", "GONOSUMDB")
              if (value := os.environ.get(name))}  # fmt: skip
    return [Service(NAME, argv, ready.exists, after=(github.NAME, registry.NAME), environment=handed)]


def environment(layout: Layout, ports: Ports) -> dict[str, str]:
    """Nothing that a shell needs."""
    return {}
