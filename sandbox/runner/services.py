"""The runner as a part of the sandbox."""

import os
import sys

from sandbox.github import services as github
from sandbox.layout import Layout
from sandbox.ports import LOOPBACK, Ports
from sandbox.registry import services as registry
from sandbox.service import Service, Tool

NAME = "runner"
PROGRAMS = ("crane",)
"""What jobs find on PATH besides what this machine has: the tools that they would otherwise fetch."""


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
        os.pathsep.join(dict.fromkeys(str(tool(name).parent) for name in PROGRAMS)),
    )
    ready = layout.folder(NAME) / "ready"
    # Where Go's settings stand in the environment they are the machine's as much as those in its files.
    handed = {name: value for name, value in os.environ.items() if name.startswith("GO")}
    return [Service(NAME, argv, ready.exists, after=(github.NAME, registry.NAME), environment=handed)]


def environment(layout: Layout, ports: Ports) -> dict[str, str]:
    """Nothing that a shell needs."""
    return {}
