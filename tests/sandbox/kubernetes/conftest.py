"""One running cluster and a registry with images made on the spot, for all tests of this folder."""

import base64
import hashlib
import json
import os
import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.furnish import furnish
from sandbox.kubernetes.services import cluster_services, prepare
from sandbox.layout import Layout
from sandbox.ports import Ports
from sandbox.supervisor import Supervisor

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
STAND_IN_PASSWORD = "puller:correct-horse"
PATIENCE = 60.0
"""Seconds; a machine that does much else at the time is slow, and no test waits longer than it has to."""
Object = dict[str, Any]


class Registry:
    """Images by digest; those whose path begins with ``private/`` ask for the password."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.host = ""

    def push(self, path: str, user: str = "10001", **labels: str) -> str:
        """Add an image for two architectures; gives its reference by digest."""
        named = {f"openim-cicd.sandbox/{name}": value for name, value in labels.items()}
        named["org.opencontainers.image.version"] = "1.2.3"
        entries = [self._manifest(architecture, user, named) for architecture in ("arm64", "amd64")]
        index = self._blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
        return f"{self.host}/{path}@{index['digest']}"

    @property
    def pull_secret(self) -> str:
        """The content of a pull secret for this registry."""
        auth = base64.b64encode(STAND_IN_PASSWORD.encode()).decode()
        return json.dumps({"auths": {self.host: {"auth": auth}}})

    def _manifest(self, architecture: str, user: str, labels: dict[str, str]) -> Object:
        config = {"architecture": architecture, "os": "linux", "config": {"User": user, "Labels": labels}}
        layers = [self._blob({"layer of": architecture})]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": self._blob(config), "layers": layers}
        return {
            **self._blob(manifest),
            "mediaType": MANIFEST,
            "platform": {"os": "linux", "architecture": architecture},
        }

    def _blob(self, document: Object) -> Object:
        content = json.dumps(document, sort_keys=True).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[digest] = content
        return {"digest": digest, "size": len(content)}


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    registry = Registry()
    allowed = f"Basic {base64.b64encode(STAND_IN_PASSWORD.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = registry.blobs.get(self.path.rpartition("/")[2])
            status = 404 if content is None else 200
            if "/private/" in self.path and self.headers.get("Authorization") != allowed:
                status, content = 401, b""
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        do_HEAD = do_GET  # noqa: N815  the name is http.server's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield registry
    server.shutdown()
    server.server_close()


@dataclass(frozen=True)
class Kube:
    """A running cluster, as its users meet it."""

    cluster: Cluster
    tool: Callable[[str], Path]

    def client(self, identity: str = "admin") -> httpx.Client:
        """A client that trusts this cluster's authority alone and shows the identity's token or certificate."""
        [user] = json.loads(self.cluster.kubeconfig(identity).read_text())["users"]
        trust = ssl.create_default_context(cafile=str(self.cluster.authority))
        headers = {}
        if "token" in user["user"]:
            headers["Authorization"] = f"Bearer {user['user']['token']}"
        else:
            trust.load_cert_chain(*(self.cluster.file("pki", f"{identity}.{kind}") for kind in ("crt", "key")))
        url = self.cluster.url("kube-apiserver")
        return httpx.Client(base_url=url, verify=trust, headers=headers, timeout=PATIENCE, trust_env=False)

    def create(self, collection: str, manifest: Object) -> Object:
        with self.client() as client:
            answer = client.post(collection, json=manifest)
        assert answer.is_success, answer.text
        return answer.json()

    def get(self, path: str, **query: str) -> Object:
        with self.client() as client:
            return client.get(path, params=query).raise_for_status().json()

    def delete(self, path: str) -> None:
        with self.client() as client:
            client.delete(path).raise_for_status()

    def deploy(self, name: str, image: str, *, replicas: int = 1, pod: Object | None = None, **container: Any) -> None:
        """Create a Deployment of one container, in the namespace ``default``."""
        labels = {"app": name}
        spec = {**(pod or {}), "containers": [{"name": "main", "image": image, **container}]}
        template = {"metadata": {"labels": labels}, "spec": spec}
        body = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        self.create("/apis/apps/v1/namespaces/default/deployments", {"metadata": {"name": name}, "spec": body})

    def deployment(self, name: str) -> Object:
        return self.get(f"/apis/apps/v1/namespaces/default/deployments/{name}")

    def pods(self, name: str) -> list[Object]:
        return self.get("/api/v1/namespaces/default/pods", labelSelector=f"app={name}")["items"]

    def main(self, name: str) -> Object:
        """The status of the container of a Deployment's only pod; empty before there is one."""
        statuses = [each["status"].get("containerStatuses", [{}])[0] for each in self.pods(name)]
        return statuses[0] if statuses else {}

    def waiting(self, name: str) -> Object:
        """Why that container waits."""
        return self.main(name).get("state", {}).get("waiting", {})

    def messages(self, name: str) -> set[str]:
        """What the events of a Deployment's pods say."""
        pods = {each["metadata"]["name"] for each in self.pods(name)}
        events = self.get("/api/v1/namespaces/default/events")["items"]
        return {each["message"] for each in events if each["involvedObject"]["name"] in pods}

    def kill(self, process: str) -> None:
        """End a process as a power cut would, and start it again."""
        supervisor = Supervisor(self.cluster.layout)
        victim = supervisor.states()[f"{process}-{self.cluster.name}"].pid
        os.kill(victim, signal.SIGKILL)
        # Until the last of its threads is gone, its port is taken.
        os.waitpid(victim, 0)
        supervisor.start(cluster_services(self.cluster, self.tool), lambda _: None)


@pytest.fixture(scope="session")
def kube(tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], Path]) -> Iterator[Kube]:
    layout = Layout(tmp_path_factory.mktemp("sandbox"))
    ports = Ports(layout)
    prepare(layout, ports)
    cluster = Cluster("staging", layout, ports)
    supervisor = Supervisor(layout)
    try:
        supervisor.start(cluster_services(cluster, tool), lambda _: None)
        furnish(cluster)
        yield Kube(cluster, tool)
    finally:
        supervisor.stop(lambda _: None)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """``eventually(condition)``: wait until it holds, for so long at most, else show what ``evidence`` gives."""

    def wait(condition: Callable[[], object], evidence: Callable[[], object] = lambda: "") -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, evidence()
            time.sleep(0.1)

    return wait
