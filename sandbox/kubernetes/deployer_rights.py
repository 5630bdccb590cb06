"""What the administrator grants to whoever deploys: declaring namespaces, their ground rules and what runs in them.

Kubernetes lets nobody grant what he does not hold himself, so everything that the namespaces' own roles
grant stands here too, in all namespaces. Not in it: nodes, volumes, cluster roles, webhooks, running
commands in pods, taking up another identity.
"""

from typing import Any

from model.admission import DEFINITION, GROUP, PLURAL

READ = ["get", "list", "watch"]
CHANGE = [*READ, "create", "update", "patch", "delete"]

CHANGED = {
    "": [
        "namespaces",
        "resourcequotas",
        "limitranges",
        "configmaps",
        "podtemplates",
        "secrets",
        "serviceaccounts",
        "services",
    ],
    "admissionregistration.k8s.io": ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
    "apps": ["deployments", "statefulsets"],
    "autoscaling": ["horizontalpodautoscalers"],
    GROUP: [PLURAL],
    "networking.k8s.io": ["ingresses", "networkpolicies"],
    "policy": ["poddisruptionbudgets"],
    "rbac.authorization.k8s.io": ["roles", "rolebindings"],
}
"""By API group: what deployments are made of."""

SEEN = {
    "": ["endpoints", "events", "persistentvolumeclaims", "pods", "pods/log"],
    "apiextensions.k8s.io": ["customresourcedefinitions"],
    "apps": ["replicasets", "controllerrevisions"],
    "discovery.k8s.io": ["endpointslices"],
    "events.k8s.io": ["events"],
}
"""By API group: how one sees what became of them."""

ASKED = {"": ["services/proxy"]}
"""By API group: what answers smoke checks."""

DEFINED = {
    "apiGroups": ["apiextensions.k8s.io"],
    "resources": ["customresourcedefinitions"],
    "resourceNames": [DEFINITION],
    "verbs": ["create", "update", "patch"],
}
"""The one kind that a deployment brings along: it may be applied, and not deleted."""


def rules() -> list[dict[str, Any]]:
    """The rules of the deployers' ClusterRole."""
    granted = [
        {"apiGroups": [group], "resources": resources, "verbs": verbs}
        for table, verbs in ((CHANGED, CHANGE), (SEEN, READ), (ASKED, ["get", "create"]))
        for group, resources in table.items()
    ]
    return [*granted, DEFINED]
