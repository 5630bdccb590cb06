"""The sandbox as the commands use it; the only module of the command line that knows that package."""

import shutil
import time
from collections.abc import Mapping

from cli import keyring
from cli.console import say
from cli.place import project_root, sandbox_root
from cli.shell import environment, pulumi_home
from cli.stacks import NAMES
from delivery.engine import Engine as Stacks
from delivery.errors import Refused
from sandbox import parts
from sandbox.kubernetes.addresses import address
from sandbox.layout import Layout
from sandbox.plugins.install import install
from sandbox.process import Process
from sandbox.supervisor import SandboxError, Supervisor
from toolchain import plugins
from toolchain.engine import Engine
from toolchain.tools import tool

CLUSTERS = ("staging", "prod")
NAMESPACE, PORT = "openim", "http"
PUBLIC = {"api": "openim-api-service", "chat": "chat-api-service", "admin": "admin-api-service"}
"""Services that people call, as OpenIM names them."""


def dead() -> list[str]:
    """Services that should run and do not, each with the path of its log."""
    return Supervisor(Layout(sandbox_root())).dead()


def bring_up(engine: Engine) -> dict[str, str]:
    """Start everything that ``pulumi`` needs here - services and plugins - and return its environment.

    Raises:
        Refused: a service could not be started.
    """
    try:
        parts.start(sandbox_root(), tool, say)
    except SandboxError as error:
        raise Refused(str(error)) from None
    for name in plugins.provide(pulumi_home(), engine, say):
        install(pulumi_home(), name, plugins.versions()[name])
    return variables_for(engine)


def make_stacks(variables: Mapping[str, str]) -> None:
    """Make the stacks that are not there yet, for a shell that is to work on them."""
    for name in NAMES:
        Stacks(project_root(), variables).ensure(name)


def variables_for(engine: Engine) -> dict[str, str]:
    """What `make env` prints."""
    return {**environment(engine, sandbox_root()), **parts.environment(sandbox_root()), **keyring.operators()}


def take_down() -> None:
    """Stop every service; the state stays."""
    parts.stop(sandbox_root(), say)


def forget() -> None:
    """Stop every service and remove the state."""
    take_down()
    shutil.rmtree(sandbox_root(), ignore_errors=True)


def services() -> tuple[Mapping[str, Process], Layout]:
    """What was started and not stopped, and where its logs are."""
    layout = Layout(sandbox_root())
    return (Supervisor(layout).states() if layout.root.is_dir() else {}), layout


def addresses(stack: str) -> list[str]:
    """Where to look at what a stack has brought up: GitHub for ``shared``, public Services for an environment."""
    layout = Layout(sandbox_root())
    if stack not in CLUSTERS:
        return [parts.environment(sandbox_root())["GITHUB_BASE_URL"].removesuffix("/api/v3/")]
    return [f"{name} http://{_address(layout, stack, service)}" for name, service in PUBLIC.items()]


def _address(layout: Layout, cluster: str, service: str) -> str:
    """The node agent writes addresses down when it has seen the Service, which may be a moment later."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return address(layout, cluster, NAMESPACE, service, PORT)
        except LookupError:
            if time.monotonic() > deadline:
                return "nowhere yet"
            time.sleep(0.2)
