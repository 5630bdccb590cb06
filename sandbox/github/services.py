"""The stand-in as a part of the sandbox."""

import sys

import httpx

from sandbox.github.credentials import write
from sandbox.github.world import ORGANIZATION, Places
from sandbox.layout import Layout
from sandbox.ports import LOOPBACK, Ports
from sandbox.service import Service, Tool

NAME = "github"


def places(layout: Layout) -> Places:
    """Where the stand-in of this sandbox keeps its state."""
    return Places(layout.folder(NAME))


def prepare(layout: Layout, ports: Ports) -> None:
    """Choose the port and make the tokens; the organisation makes itself at the first start."""
    ports.port(NAME)
    write(places(layout))


def services(layout: Layout, ports: Ports, tool: Tool) -> list[Service]:
    """One process."""
    argv = (sys.executable, "-m", "sandbox.github", "--root", str(places(layout).root), "--port", str(ports.port(NAME)))
    return [Service(NAME, argv, lambda: _is_ready(ports))]


def _is_ready(ports: Ports) -> bool:
    try:
        return httpx.get(f"{_base(ports)}/api/v3/meta", timeout=1, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def environment(layout: Layout, ports: Ports) -> dict[str, str]:
    """What the program and its provider need: they act as the deployer's App."""
    return {
        "GITHUB_BASE_URL": f"{_base(ports)}/api/v3/",
        "GITHUB_OWNER": ORGANIZATION,
        "GITHUB_TOKEN": places(layout).token("deployer").read_text().strip(),
        "DISPATCH_TOKEN": places(layout).token("dispatcher").read_text().strip(),
    }


def _base(ports: Ports) -> str:
    return f"http://{LOOPBACK}:{ports.port(NAME)}"
