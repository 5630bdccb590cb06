"""The NetworkPolicy of one workload: who may connect to which of its ports. Nobody else may."""

from typing import Any

from components._pod import Manifest, selector
from model.application import Workload

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
"""Every namespace carries its own name under this label (Kubernetes documentation, Namespaces)."""


def policy_spec(workload: Workload) -> Manifest:
    """Ingress from callers, the ingress controller and smoke checks; leaving is the namespace's matter."""
    return {
        "podSelector": {"matchLabels": selector(workload)},
        "policyTypes": ["Ingress"],
        "ingress": [*_from_callers(workload), *_from_outside(workload), *_from_api_server(workload)],
    }


def _from_callers(workload: Workload) -> list[dict[str, Any]]:
    by_port: dict[int, list[str]] = {}
    for caller in workload["callers"]:
        by_port.setdefault(caller["port"], []).append(caller["name"])
    return [{"from": [_pods(names)], "ports": [_tcp(port)]} for port, names in by_port.items()]


def _from_outside(workload: Workload) -> list[dict[str, Any]]:
    ingress = workload.get("ingress")
    if ingress is None:
        return []
    controller = {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: ingress["namespace"]}}}
    port = next(port["container"] for port in workload["ports"] if port["name"] == ingress["port"])
    return [{"from": [controller], "ports": [_tcp(port)]}]


def _from_api_server(workload: Workload) -> list[dict[str, Any]]:
    return [
        {"from": [{"ipBlock": {"cidr": network}} for network in one["networks"]], "ports": [_tcp(one["port"])]}
        for one in workload.get("smoke", [])
    ]


def _pods(names: list[str]) -> Manifest:
    expression = {"key": "app.kubernetes.io/name", "operator": "In", "values": names}
    return {"podSelector": {"matchExpressions": [expression]}}


def _tcp(port: int) -> Manifest:
    return {"protocol": "TCP", "port": port}
