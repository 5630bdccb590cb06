"""What the administrator grants to whoever deploys: declaring namespaces, their ground rules and what runs in them.

Kubernetes lets nobody grant what he does not hold himself, so everything that the namespaces' own roles
grant stands here too, in all namespaces. Not in it: nodes, volumes, cluster roles, webhooks, running
commands in pods, taking up another identity.
"""

from typing import Any

READ = ["get", "list", "watch"]
CHANGE = [*READ, "create", "update", "patch", "delete"]

CHANGED = {
    "": ["namespaces", "resourcequotas", "limitranges", "configmaps", "secrets", "serviceaccounts", "services"],
    "apps": ["deployments", "statefulsets"],
    "autoscaling": ["horizontalpodautoscalers"],
    "networking.k8s.io": ["ingresses", "networkpolicies"],
    "policy": ["poddisruptionbudgets"],
    "rbac.authorization.k8s.io": ["roles", "rolebindings"],
}
"""By API group: what deployments are made of."""

SEEN = {
    "": ["endpoints", "events", "persistentvolumeclaims", "pods", "pods/log"],
    "apps": ["replicasets", "controllerrevisions"],
    "discovery.k8s.io": ["endpointslices"],
    "events.k8s.io": ["events"],
}
"""By API group: how one sees what became of them."""

ASKED = {"": ["services/proxy"]}
"""By API group: what answers smoke checks."""


def rules() -> list[dict[str, Any]]:
    """The rules of the deployers' ClusterRole."""
    return [
        {"apiGroups": [group], "resources": resources, "verbs": verbs}
        for table, verbs in ((CHANGED, CHANGE), (SEEN, READ), (ASKED, ["get", "create"]))
        for group, resources in table.items()
    ]
