"""One control plane's names: its folder, its ports, its addresses. No file is written here."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.layout import Layout
from sandbox.ports import LOOPBACK, Ports

CLUSTERS = ("staging", "prod")

SERVICE_RANGE = "10.96.0.0/16"
"""Cluster IPs of Services; the same in both clusters, as nothing is routed between them."""


@dataclass(frozen=True)
class Cluster:
    """Where one control plane keeps its files and listens."""

    name: str
    layout: Layout
    ports: Ports

    def port(self, process: str) -> int:
        """The loopback port of ``process``, e.g. ``kube-apiserver``."""
        return self.ports.port(f"{process}-{self.name}")

    def url(self, process: str, scheme: str = "https") -> str:
        """The loopback address of ``process``."""
        return f"{scheme}://{LOOPBACK}:{self.port(process)}"

    def file(self, *parts: str) -> Path:
        """A file of this cluster; the folder around it is made if need be."""
        return self.layout.folder("kubernetes", self.name, *parts[:-1]) / parts[-1]

    @property
    def authority(self) -> Path:
        """The certificate that every client of this cluster trusts, and no other."""
        return self.file("pki", "ca.crt")

    def kubeconfig(self, identity: str) -> Path:
        """The kubeconfig of ``identity``: admin, deployer, reader, or a process of the control plane."""
        return self.file(f"{identity}.kubeconfig")


def clusters(layout: Layout, ports: Ports) -> tuple[Cluster, ...]:
    """Both control planes."""
    return tuple(Cluster(name, layout, ports) for name in CLUSTERS)
