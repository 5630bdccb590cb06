"""The door of this room: what the supervisor prepares, starts and furnishes, and what `make env` exports."""

import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx

from sandbox.kubernetes import processes
from sandbox.kubernetes.cluster import Cluster, clusters
from sandbox.kubernetes.credentials import prepare_credentials
from sandbox.kubernetes.furnish import furnish
from sandbox.layout import Layout
from sandbox.ports import Ports
from sandbox.service import Service, Tool

PROBE_TIMEOUT = 1.0
"""Seconds."""


def prepare(layout: Layout, ports: Ports) -> None:
    """Write keys, certificates, kubeconfigs and configuration that are not there yet."""
    for cluster in clusters(layout, ports):
        prepare_credentials(cluster)
        processes.write_configuration(cluster)


def services(layout: Layout, ports: Ports, tool: Tool) -> list[Service]:
    """Both control planes' processes, in an order in which they can start."""
    return [service for cluster in clusters(layout, ports) for service in cluster_services(cluster, tool)]


def cluster_services(cluster: Cluster, tool: Tool) -> list[Service]:
    """The processes of one control plane."""
    plane, name = tool("kubernetes"), cluster.name
    api = (f"kube-apiserver-{name}",)
    return [
        Service(f"etcd-{name}", processes.etcd(cluster, tool("etcd")), _ready(cluster, "etcd-health"), (), _go(128)),
        Service(
            *api, processes.api_server(cluster, plane), _ready(cluster, "kube-apiserver"), (f"etcd-{name}",), _go(300)
        ),
        Service(
            f"kube-controller-manager-{name}",
            processes.controller_manager(cluster, plane),
            _ready(cluster, "kube-controller-manager"),
            api,
            _go(128),
        ),
        Service(
            f"kube-scheduler-{name}",
            processes.scheduler(cluster, plane),
            _ready(cluster, "kube-scheduler"),
            api,
            _go(96),
        ),
        Service(f"kwok-{name}", processes.kwok(cluster, tool("kwok")), _ready(cluster, "kwok"), api, _go(96)),
        Service(f"node-agent-{name}", processes.node_agent(cluster), _ready(cluster, "node-agent"), api),
    ]


def populate(layout: Layout, ports: Ports) -> None:
    """Furnish both clusters; nothing that is there already is touched."""
    for cluster in clusters(layout, ports):
        furnish(cluster)


def environment(layout: Layout, ports: Ports) -> dict[str, str]:
    """The kubeconfigs that deployments use; the administrator's lies beside each, as ``admin.kubeconfig``."""
    return {
        f"KUBECONFIG_{cluster.name.upper()}": str(cluster.kubeconfig("deployer")) for cluster in clusters(layout, ports)
    }


_HEALTH = {
    "etcd-health": ("http", "/health"),
    "kube-apiserver": ("https", "/readyz"),
    "kube-controller-manager": ("https", "/healthz"),
    "kube-scheduler": ("https", "/healthz"),
    "kwok": ("http", "/healthz"),
    "node-agent": ("http", "/healthz"),
}


def _ready(cluster: Cluster, process: str) -> Callable[[], bool]:
    scheme, path = _HEALTH[process]
    url = cluster.url(process, scheme) + path

    def probe() -> bool:
        try:
            return httpx.get(url, verify=_trust(cluster.authority), timeout=PROBE_TIMEOUT, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return probe


@cache
def _trust(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


def _go(memory: int) -> dict[str, str]:
    """Ask Go's collector to aim at ``memory`` MiB and to start early; both are goals, not limits that kill."""
    return {"GOMEMLIMIT": f"{memory}MiB", "GOGC": "50"}
