"""A control plane whose pods become ready by themselves, and stacks that the real engine runs against it."""

import base64
import os
import signal
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as with_changes
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pulumi
import pulumi_kubernetes as kubernetes
import pytest
import yaml
from pulumi import automation
from pulumi.runtime._callbacks import _CallbackServicer

from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.credentials import prepare_credentials
from sandbox.kubernetes.furnish import furnish
from sandbox.kubernetes.processes import write_configuration
from sandbox.kubernetes.services import cluster_services
from sandbox.layout import Layout
from sandbox.plugins.install import install
from sandbox.ports import Ports
from sandbox.service import Service, Tool
from sandbox.supervisor import Supervisor

VERSION = version("pulumi-kubernetes")
Program = Callable[[pulumi.ResourceOptions], None]


@pytest.fixture(scope="session")
def kubeconfig(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The administrator's kubeconfig of a running cluster."""
    layout = Layout(tmp_path_factory.mktemp("cluster"))
    cluster = Cluster("staging", layout, Ports(layout))
    prepare_credentials(cluster)
    write_configuration(cluster)
    supervisor = Supervisor(layout)
    try:
        supervisor.start(_services(cluster, tool), lambda _: None)
        furnish(cluster)
        yield cluster.kubeconfig("admin")
    finally:
        supervisor.stop(lambda _: None)


def _services(cluster: Cluster, tool: Tool) -> list[Service]:
    """Without the node agent: kwok's own stages make every scheduled pod ready."""
    services = [service for service in cluster_services(cluster, tool) if not service.name.startswith("node-agent")]
    return [with_changes(service, argv=_own_stages(service.argv)) for service in services]


def _own_stages(argv: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(argument for argument in argv if not argument.endswith("/kwok.yaml"))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PULUMI_HOME that holds the plugin."""
    folder = tmp_path_factory.mktemp("home")
    install(folder, "kubernetes", VERSION)
    return folder


@pytest.fixture(scope="session")
def api(kubeconfig: Path) -> Iterator[httpx.Client]:
    """Somebody else who works on the same cluster."""
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    trust = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    pair = kubeconfig.with_name("tester.pem")
    pair.write_bytes(b"\n".join(base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key")))
    trust.load_cert_chain(pair)
    with httpx.Client(base_url=cluster["server"], verify=trust, timeout=20) as client:
        yield client


@pytest.fixture
def namespace(api: httpx.Client, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own, that the program does not manage."""
    name = request.node.name.replace("_", "-")[:60].rstrip("-")
    body = {"metadata": {"name": name}}
    api.post("/api/v1/namespaces", json=body).raise_for_status()
    return name


ENDED: list[object] = []
"""Hook servers of programs that have ended. gRPC still waits for events of one that is freed, and then crashes."""


@dataclass
class Outcome:
    """What one command of the engine came to."""

    output: str
    changes: Mapping[str, int]
    """Operations by kind (``create``, ``update``, ``replace``, ``same``), without those on the stack itself."""
    error: str = ""


@dataclass
class Stack:
    """One stack with a provider for the cluster."""

    engine: automation.Stack
    program: Program
    settings: dict[str, Any]
    backend: Path

    def preview(self) -> Outcome:
        """``pulumi preview --diff``."""
        return self._run(lambda out: self.engine.preview(program=self._declare, diff=True, on_output=out))

    def up(self) -> Outcome:
        """``pulumi up``."""
        return self._run(lambda out: self.engine.up(program=self._declare, on_output=out))

    def refresh(self) -> Outcome:
        """``pulumi refresh``."""
        return self._run(lambda out: self.engine.refresh(on_output=out))

    def destroy(self) -> Outcome:
        """``pulumi destroy``."""
        return self._run(lambda out: self.engine.destroy(on_output=out))

    def state(self) -> list[dict[str, Any]]:
        """The resources in the stack's state, without the stack and the provider."""
        resources = (self.engine.export_stack().deployment or {}).get("resources", [])
        return [resource for resource in resources if not resource["type"].startswith("pulumi:")]

    def raw_state(self) -> str:
        """The state file as it lies in the backend."""
        return next(self.backend.rglob("stacks/**/*.json")).read_text()

    def interrupt(self) -> None:
        """Ctrl-C in the terminal of the running command."""
        for process in Path("/proc").glob("[0-9]*"):
            if _is_engine_of(self.backend, process):
                os.kill(int(process.name), signal.SIGINT)

    def _declare(self) -> None:
        provider = kubernetes.Provider("cluster", **self.settings)
        self.program(pulumi.ResourceOptions(provider=provider))

    def _run(self, command: Callable[[Callable[[str], Any]], Any]) -> Outcome:
        lines: list[str] = []
        # The SDK keeps the hook servers of all programs of a process, though each one's loop ends with it, and would
        # stop them in the next one's.
        ENDED.extend(_CallbackServicer._servicers)
        _CallbackServicer._servicers.clear()
        try:
            result = command(lines.append)
        except automation.CommandError as error:
            return Outcome("\n".join(lines), {}, str(error))
        counted = result.change_summary if hasattr(result, "change_summary") else result.summary.resource_changes
        return Outcome("\n".join(lines), {getattr(kind, "value", kind): count for kind, count in counted.items()})


def _is_engine_of(backend: Path, process: Path) -> bool:
    """True for the CLI process that works on a backend."""
    try:
        name = (process / "comm").read_text().strip()
        return name == "pulumi" and backend.as_uri() in (process / "environ").read_text()
    except OSError:
        return False


@pytest.fixture
def stack(
    home: Path, kubeconfig: Path, tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Program], Stack]]:
    """Makes a stack of a program; it is destroyed when the test ends."""
    made: list[Stack] = []
    monkeypatch.setenv("PATH", str(tool("pulumi").parent), prepend=":")
    environment = {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": tmp_path.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "for tests only",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def make(program: Program) -> Stack:
        options = automation.LocalWorkspaceOptions(env_vars=environment)
        engine = automation.create_or_select_stack("test", "plugin", lambda: None, opts=options)
        made.append(Stack(engine, program, {"kubeconfig": str(kubeconfig)}, tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.destroy()
