"""The ground rules of a namespace, as data: what may run, how much, who may talk and who may change things."""

import base64
import json
from typing import Any

from components._network import NAMESPACE_LABEL
from components._pod import API_LABEL, Manifest
from model.admission import GROUP, PLURAL

RBAC_GROUP = "rbac.authorization.k8s.io"
DNS_PORT = 53

POD_SECURITY = {
    f"pod-security.kubernetes.io/{mode}{suffix}": value
    for mode in ("enforce", "audit", "warn")
    for suffix, value in (("", "restricted"), ("-version", "latest"))
}
"""The restricted Pod Security Standard, enforced by the API server's own admission."""

LIMITS: Manifest = {
    "limits": [
        {
            "type": "Container",
            # For a container that names none: enough to start, little enough to be noticed.
            "defaultRequest": {"cpu": "50m", "memory": "64Mi"},
            "default": {"memory": "256Mi"},
        }
    ]
}

WORKLOADS = ["deployments", "statefulsets"]
READ = ["get", "list", "watch"]
CHANGE = ["create", "update", "patch", "delete"]

READER_RULES: Manifest = [
    {
        "apiGroups": [""],
        "resources": [
            "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims",
            "pods", "pods/log", "podtemplates", "resourcequotas", "serviceaccounts", "services",
        ],
        "verbs": READ,
    },
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
    {"apiGroups": ["apps"], "resources": [*WORKLOADS, "replicasets", "controllerrevisions"], "verbs": READ},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": READ},
    {"apiGroups": [GROUP], "resources": [PLURAL], "verbs": READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": READ},
    {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": READ},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses", "networkpolicies"], "verbs": READ},
    {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": READ},
    {"apiGroups": [RBAC_GROUP], "resources": ["roles", "rolebindings"], "verbs": READ},
]  # fmt: skip
"""Everything but Secrets."""

DEPLOYER_RULES: Manifest = [
    *READER_RULES,
    {"apiGroups": [""], "resources": ["secrets"], "verbs": [*READ, *CHANGE]},
    {"apiGroups": [""], "resources": ["configmaps", "podtemplates", "serviceaccounts", "services"], "verbs": CHANGE},
    {"apiGroups": ["apps"], "resources": WORKLOADS, "verbs": CHANGE},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": CHANGE},
    {"apiGroups": [GROUP], "resources": [PLURAL], "verbs": CHANGE},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses", "networkpolicies"], "verbs": CHANGE},
    {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": CHANGE},
    # Kubernetes lets nobody grant what he does not hold himself, so this cannot widen his own rights.
    {"apiGroups": [RBAC_GROUP], "resources": ["roles", "rolebindings"], "verbs": CHANGE},
]
"""What declaring an application takes. The namespace, its quota and its limits are not the deployer's to change."""


def quota_spec(cpu: str, memory: str) -> Manifest:
    """What all pods together may request; doors to the outside are the ingress controller's, so none else may open."""
    hard = {"requests.cpu": cpu, "requests.memory": memory, "services.nodeports": "0", "services.loadbalancers": "0"}
    return {"hard": hard}


def default_deny() -> Manifest:
    """Nothing comes in and nothing goes out unless another policy says so."""
    return {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def allow_dns() -> Manifest:
    """Every pod may ask the cluster's DNS."""
    system = {"matchLabels": {NAMESPACE_LABEL: "kube-system"}}
    to = {"namespaceSelector": system, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    ports = [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")]
    return _egress({}, {"to": [to], "ports": ports})


def allow_within() -> Manifest:
    """Every pod may call the namespace's others; which of them listen to it is each workload's own policy."""
    return _egress({}, {"to": [{"podSelector": {}}]})


def allow_api_server(ports: list[int]) -> Manifest:
    """Pods that find their peers through the API may reach it. It has no pods to select, hence any address."""
    anywhere = [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
    rule = {"to": anywhere, "ports": [{"protocol": "TCP", "port": port} for port in ports]}
    return _egress({"matchLabels": {API_LABEL: "true"}}, rule)


def _egress(pods: Manifest, rule: Manifest) -> Manifest:
    return {"podSelector": pods, "policyTypes": ["Egress"], "egress": [rule]}


def docker_config(host: str, username: str, password: str) -> str:
    """The base64 of a ``.dockerconfigjson`` for one registry."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    config: dict[str, Any] = {"auths": {host: {"username": username, "password": password, "auth": auth}}}
    return base64.b64encode(json.dumps(config, sort_keys=True).encode()).decode()
