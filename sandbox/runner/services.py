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
CACHES = ("OPENIM_CICD_CACHE", "XDG_CACHE_HOME")
"""Where built tools are, unless in the home."""
PROGRAMS = ("crane",)
"""What jobs find on PATH besides what this machine has: the tools that they would otherwise fetch."""


def prepare(layout: Layout, ports: Ports) -> None:
    """Make its folder."""
    layout.folder(NAME)


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
    # Where Go's settings stand in the environment they are the machine's as much as those in its files.
    handed = {name: value for name, value in os.environ.items() if name.startswith("GO") or name in CACHES}
    return [Service(NAME, argv, lambda: _is_ready(layout), after=(github.NAME, registry.NAME), environment=handed)]


def _is_ready(layout: Layout) -> bool:
    """Whether a runner that still runs has said so; a former one's word does not count."""
    try:
        pid = int((layout.folder(NAME) / "ready").read_text())
    except (OSError, ValueError):
        return False
    return Path(f"/proc/{pid}").exists()


def environment(layout: Layout, ports: Ports) -> dict[str, str]:
    """Nothing that a shell needs."""
    return {}
