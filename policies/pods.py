"""Where pods are in Kubernetes' objects."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.rule import at

LONG_LIVED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
RUN_ONCE = ("Job",)
PATHS = {
    **dict.fromkeys((*LONG_LIVED, *RUN_ONCE, "ReplicationController"), ("spec", "template", "spec")),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
}
"""The way to the pod by kind."""
LISTS = ("initContainers", "containers", "ephemeralContainers")


def kind_of(token: str) -> str:
    """``Deployment`` of ``kubernetes:apps/v1:Deployment``; empty for other providers' types."""
    return token.rpartition(":")[2] if token.startswith("kubernetes:") else ""


def pod_of(token: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The pod's spec; None where the object makes no pods."""
    path = PATHS.get(kind_of(token))
    return None if path is None else at(properties, *path)


def containers(pod: Mapping[str, Any], *lists: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each container as ``containers[openim-api]`` with its spec; of ``lists``, by default of all three."""
    for name in lists or LISTS:
        for one in pod.get(name) or ():
            yield f"{name}[{one.get('name', '?')}]", one
