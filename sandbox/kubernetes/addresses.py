"""Where a Service answers: the node agent gives each port of each Service a loopback address and writes it down."""

import json
from pathlib import Path

from sandbox.layout import Layout

ANNOTATION = "openim-cicd/addresses"
"""On the Service: JSON, port name or number -> ``127.0.0.1:<port>``."""

Addresses = dict[str, dict[str, str]]
"""``namespace/service`` -> port name and port number -> address."""


def address(layout: Layout, cluster: str, namespace: str, service: str, port: int | str) -> str:
    """``127.0.0.1:<port>`` for a port of a Service, given by its name or number.

    Raises:
        LookupError: the Service has no such port, or the node agent has not seen it yet; with what there is.
    """
    known = read_addresses(addresses_file(layout, cluster))
    ports = known.get(f"{namespace}/{service}")
    if ports is None:
        raise LookupError(f"no address for Service {namespace}/{service} in {cluster}; known: {sorted(known)}")
    if str(port) not in ports:
        raise LookupError(f"Service {namespace}/{service} in {cluster} has no port {port}; known: {sorted(ports)}")
    return ports[str(port)]


def addresses_file(layout: Layout, cluster: str) -> Path:
    """Where the node agent of ``cluster`` writes addresses down."""
    return layout.folder("kubernetes", cluster) / "addresses.json"


def read_addresses(file: Path) -> Addresses:
    """All addresses; none before the first Service."""
    return json.loads(file.read_text()) if file.exists() else {}


def write_addresses(file: Path, addresses: Addresses) -> None:
    """Write all addresses down, whole or not at all."""
    aside = file.with_suffix(".new")
    aside.write_text(json.dumps(addresses, indent=2, sort_keys=True) + "\n")
    aside.replace(file)
