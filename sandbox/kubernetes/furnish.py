"""What a cluster's administrator lays down before anybody deploys: nodes, a StorageClass, the deployer's rights."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.credentials import DEPLOYERS
from sandbox.kubernetes.deployer_rights import rules

ZONES = ("sandbox-a", "sandbox-b", "sandbox-c")
CAPACITY = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "200Gi", "pods": "110"}
"""Of each node; together more than production's quota, less than a careless request."""
PROVISIONER = "openim-cicd.sandbox/volumes"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
NODES_READY_WITHIN = 20.0
"""Seconds; kwok needs one or two."""


def furnish(cluster: Cluster) -> None:
    """Create what is missing, bring rights up to date, then wait until every node is ready."""
    with _client(cluster) as client:
        for path, manifest in _manifests():
            _create(client, path, manifest)
        client.put(f"{RBAC}/clusterroles/{DEPLOYERS}", json=_rights()).raise_for_status()
        _await_nodes(client, cluster)


def _manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    for number, zone in enumerate(ZONES, start=1):
        yield "/api/v1/nodes", _node(f"node-{number}", zone)
    yield "/apis/storage.k8s.io/v1/storageclasses", _storage_class()
    yield f"{RBAC}/clusterroles", _rights()
    yield f"{RBAC}/clusterrolebindings", _deployers()


def _node(name: str, zone: str) -> dict[str, Any]:
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": "sandbox",
        "topology.kubernetes.io/zone": zone,
        "type": "kwok",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "status": {
            "capacity": CAPACITY,
            "allocatable": CAPACITY,
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": name}],
            "nodeInfo": {"architecture": "amd64", "operatingSystem": "linux", "osImage": "openim-cicd sandbox"},
        },
    }


def _storage_class() -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "sandbox", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _rights() -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": DEPLOYERS},
        "rules": rules(),
    }


def _deployers() -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": DEPLOYERS},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": DEPLOYERS},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": DEPLOYERS}],
    }


def _create(client: httpx.Client, path: str, manifest: dict[str, Any]) -> None:
    answer = client.post(path, json=manifest)
    if answer.status_code != httpx.codes.CONFLICT:
        answer.raise_for_status()


def _await_nodes(client: httpx.Client, cluster: Cluster) -> None:
    deadline = time.monotonic() + NODES_READY_WITHIN
    while waiting := [name for name, ready in _nodes(client) if not ready]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nodes {waiting} of {cluster.name} are not ready; see {cluster.layout.log('kwok')}")
        time.sleep(0.2)


def _nodes(client: httpx.Client) -> Iterator[tuple[str, bool]]:
    for node in client.get("/api/v1/nodes").raise_for_status().json()["items"]:
        conditions = node["status"].get("conditions", [])
        yield node["metadata"]["name"], any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


@contextmanager
def _client(cluster: Cluster) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=str(cluster.authority))
    trust.load_cert_chain(cluster.file("pki", "admin.crt"), cluster.file("pki", "admin.key"))
    with httpx.Client(base_url=cluster.url("kube-apiserver"), verify=trust, timeout=10, trust_env=False) as client:
        yield client
