"""One running registry, filled, for the tests that need one."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox.layout import Layout
from sandbox.ports import Ports
from sandbox.registry import services

ACCEPT = {"Accept": "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"}


@dataclass(frozen=True)
class Registry:
    """A registry of a sandbox, as its users see it."""

    layout: Layout
    ports: Ports

    @property
    def environment(self) -> dict[str, str]:
        return services.environment(self.layout, self.ports)

    @property
    def url(self) -> str:
        return f"http://{self.environment['REGISTRY']}"

    def client(self) -> httpx.Client:
        account = (self.environment["REGISTRY_USERNAME"], self.environment["REGISTRY_PASSWORD"])
        return httpx.Client(base_url=self.url, auth=account, headers=ACCEPT, trust_env=False)

    def digest(self, repository: str, reference: str) -> str | None:
        with self.client() as client:
            answer = client.head(f"/v2/{repository}/manifests/{reference}")
        return answer.headers.get("Docker-Content-Digest")


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], Path]) -> Iterator[Registry]:
    layout = Layout(tmp_path_factory.mktemp("sandbox"))
    ports = Ports(layout)
    services.prepare(layout, ports)
    [service] = services.services(layout, ports, tool)
    with layout.log("registry").open("w") as log:
        process = subprocess.Popen(service.argv, env=dict(service.environment), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while not service.ready():
            assert process.poll() is None, layout.log("registry").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        services.populate(layout, ports)
        yield Registry(layout, ports)
    finally:
        process.terminate()
        process.wait(10)
