"""The stand-in as the sandbox's supervisor sees it."""

import subprocess
import time

import httpx

from sandbox.github import services
from sandbox.layout import Layout
from sandbox.ports import Ports


def test_the_supervisor_can_run_it(tmp_path):
    """After prepare, twice over, the one service gets ready and takes the credentials that make env hands out."""
    layout = Layout(tmp_path / "sandbox")
    ports = Ports(layout)
    services.prepare(layout, ports)
    before = services.environment(layout, ports)
    services.prepare(layout, ports)
    assert services.environment(layout, ports) == before
    (service,) = services.services(layout, ports, lambda name: tmp_path / name)
    assert service.ready() is False
    process = subprocess.Popen(service.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not service.ready() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = f"{before['GITHUB_BASE_URL']}orgs/{before['GITHUB_OWNER']}"
        headers = {"Authorization": f"Bearer {before['GITHUB_TOKEN']}"}
        answer = httpx.get(address, headers=headers, trust_env=False)
        assert answer.json()["default_repository_permission"] == "read"
    finally:
        process.terminate()
        assert process.wait(timeout=20) is not None


def test_it_stops_when_told(another):
    """A stand-in that is told to stop ends by itself within seconds."""
    with another() as standin:
        begun = time.monotonic()
        standin.stop()
        assert time.monotonic() - begun < 5
        standin.start()
