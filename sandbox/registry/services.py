"""The door of this room: the registry as the supervisor prepares, starts and fills it, and what `make env` exports.

Pushing and pulling both need the one account; deleting is allowed, as on a registry of one's own.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import httpx

from sandbox.layout import Layout
from sandbox.ports import LOOPBACK, Ports
from sandbox.registry.catalogue import all_specs
from sandbox.registry.client import Push, RegistryClient
from sandbox.registry.images import build
from sandbox.service import Service, Tool

NAME = "registry"
USERNAME = "openim-ci"
MIRRORS = ("ghcr", "aliyun")
"""Registries that get copies: here, places of their own in the same registry."""
BCRYPT_COST = 4
"""The least there is: the registry hashes at every request, and nobody guesses 256 random bits."""
PROBE_TIMEOUT = 1.0
"""Seconds."""


@dataclass(frozen=True)
class _Files:
    folder: Path

    @property
    def account(self) -> Path:
        return self.folder / "account.json"

    @property
    def htpasswd(self) -> Path:
        return self.folder / "htpasswd"

    @property
    def configuration(self) -> Path:
        return self.folder / "config.yml"


def prepare(layout: Layout, ports: Ports) -> None:
    """Make the account once, and write what the registry reads."""
    files = _files(layout)
    if not files.account.exists():
        account = {"password": secrets.token_urlsafe(32), "http_secret": secrets.token_urlsafe(32)}
        files.htpasswd.unlink(missing_ok=True)
        _write(files.account, json.dumps(account))
    account = _account(files)
    if not files.htpasswd.exists():
        hashed = bcrypt.hashpw(account["password"].encode(), bcrypt.gensalt(BCRYPT_COST))
        _write(files.htpasswd, f"{USERNAME}:{hashed.decode()}\n")
    # JSON is YAML too.
    _write(files.configuration, json.dumps(_configuration(files, host(ports), account["http_secret"]), indent=2))


def services(layout: Layout, ports: Ports, tool: Tool) -> list[Service]:
    """The registry's one process."""
    argv = (str(tool(NAME)), "serve", str(_files(layout).configuration))
    # Traces would go to a collector that nobody runs, and every attempt would stand in the log.
    environment = {"OTEL_TRACES_EXPORTER": "none", "GOMEMLIMIT": "128MiB"}
    return [Service(NAME, argv, _ready(host(ports)), environment=environment)]


def populate(layout: Layout, ports: Ports) -> None:
    """Push every image of the catalogue that is not there yet."""
    pushes = [Push(spec.repository, spec.tag, build(spec)) for spec in all_specs()]
    with RegistryClient(host(ports), USERNAME, _account(_files(layout))["password"]) as client:
        client.push_all(pushes)


def environment(layout: Layout, ports: Ports) -> dict[str, str]:
    """The registry's address and account."""
    password = _account(_files(layout))["password"]
    known = {"REGISTRY": host(ports), "REGISTRY_USERNAME": USERNAME, "REGISTRY_PASSWORD": password}
    for mirror in MIRRORS:
        name = f"REGISTRY_{mirror.upper()}"
        known |= {
            name: f"{host(ports)}/{mirror}/openimsdk",
            f"{name}_USERNAME": USERNAME,
            f"{name}_PASSWORD": password,
        }
    return known


def host(ports: Ports) -> str:
    """Host and port, as they stand in an image reference."""
    return f"{LOOPBACK}:{ports.port(NAME)}"


def _files(layout: Layout) -> _Files:
    return _Files(layout.folder(NAME))


def _account(files: _Files) -> dict[str, str]:
    account: dict[str, str] = json.loads(files.account.read_text())
    return account


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and for the owner only."""
    aside = path.with_name(f"{path.name}.new")
    aside.touch(mode=0o600)
    aside.write_text(text)
    aside.replace(path)


def _configuration(files: _Files, address: str, http_secret: str) -> dict[str, object]:
    return {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(files.folder / "storage")}, "delete": {"enabled": True}},
        "http": {"addr": address, "secret": http_secret},
        "auth": {"htpasswd": {"realm": "openim-cicd sandbox", "path": str(files.htpasswd)}},
    }


def _ready(address: str) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            answer = httpx.get(f"http://{address}/v2/", timeout=PROBE_TIMEOUT, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.UNAUTHORIZED

    return answers
