"""The sandbox as a whole: its parts in one list, brought up, filled and taken down together."""

import shutil
from pathlib import Path

import httpx

from sandbox.github import services as github
from sandbox.kubernetes import services as kubernetes
from sandbox.layout import Layout
from sandbox.ports import LOOPBACK, Ports
from sandbox.registry import services as registry
from sandbox.runner import services as runner
from sandbox.service import Tool
from sandbox.supervisor import Report, SandboxError, Supervisor

PARTS = (github, registry, kubernetes, runner)
MIB = 1024 * 1024
ROOM = 300
"""MiB that must be free; a new sandbox takes 200 of them."""
FILLED = (registry, kubernetes)
"""Parts that are filled through their own API once they answer; the GitHub stand-in is seeded before it starts."""


def start(root: Path, tool: Tool, report: Report) -> None:
    """Bring the sandbox in ``root`` up; harmless where it is up already.

    Raises:
        SandboxError: the disk is full, or a service died or did not become ready.
    """
    layout, ports = _of(root)
    _require_room(layout)
    for part in PARTS:
        part.prepare(layout, ports)
    wanted = [service for part in PARTS for service in part.services(layout, ports, tool)]
    Supervisor(layout).start(wanted, report)
    for part in FILLED:
        try:
            part.populate(layout, ports)
        except (httpx.HTTPError, TimeoutError) as error:
            raise SandboxError(_unfilled(part.__name__.split(".")[1], layout, error)) from None


def _require_room(layout: Layout) -> None:
    """A service that finds no room on the way says so in many ways, or waits for ever."""
    free = shutil.disk_usage(layout.folder()).free // MIB
    if free < ROOM:
        raise SandboxError(
            f"the disk of {layout.root} is full: {free} MiB are free, {ROOM} are needed. Free some, or give "
            "OPENIM_CICD_SANDBOX a folder elsewhere; then run the same command again"
        )


def _unfilled(part: str, layout: Layout, error: Exception) -> str:
    dead = [f"    dead: {one}" for one in Supervisor(layout).dead()]
    remedy = f"Is the disk full? What the services said: {layout.folder('logs')}; then run the same command again"
    return "\n".join([f"{part} could not be filled: {error}.", *dead, f"    {remedy}"])


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
