"""The sandbox as a whole: its parts in one list, brought up, filled and taken down together."""

from pathlib import Path

from sandbox.github import services as github
from sandbox.kubernetes import services as kubernetes
from sandbox.layout import Layout
from sandbox.ports import LOOPBACK, Ports
from sandbox.registry import services as registry
from sandbox.runner import services as runner
from sandbox.service import Tool
from sandbox.supervisor import Report, Supervisor

PARTS = (github, registry, kubernetes, runner)
FILLED = (registry, kubernetes)
"""Parts that are filled through their own API once they answer; the GitHub stand-in is seeded before it starts."""


def start(root: Path, tool: Tool, report: Report) -> None:
    """Bring the sandbox in ``root`` up; harmless where it is up already.

    Raises:
        SandboxError: a service died or did not become ready.
    """
    layout, ports = _of(root)
    for part in PARTS:
        part.prepare(layout, ports)
    wanted = [service for part in PARTS for service in part.services(layout, ports, tool)]
    Supervisor(layout).start(wanted, report)
    for part in FILLED:
        part.populate(layout, ports)


def stop(root: Path, report: Report) -> None:
    """Take the sandbox in ``root`` down; its state stays for the next start."""
    Supervisor(Layout(root)).stop(report)


def environment(root: Path) -> dict[str, str]:
    """What a shell needs to work against the sandbox in ``root``."""
    layout, ports = _of(root)
    parts = {name: value for part in PARTS for name, value in part.environment(layout, ports).items()}
    return {**parts, "WEBHOOK_URL": f"http://{LOOPBACK}:{ports.port('webhook')}/webhook"}


def _of(root: Path) -> tuple[Layout, Ports]:
    layout = Layout(root.resolve())
    return layout, Ports(layout)
