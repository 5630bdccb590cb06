"""Kubernetes' own objects, as JSON, to what a judgement needs of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from model.evidence import Container, Observation, Pod, Workload

Object = Mapping[str, Any]


def observation(workloads: Iterable[Object], pods: Iterable[Object]) -> Observation:
    """Deployments, StatefulSets and pods of one namespace."""
    found = list(workloads)
    selectors = {one["metadata"]["name"]: one["spec"]["selector"].get("matchLabels") or {} for one in found}
    return Observation(
        {one["metadata"]["name"]: _workload(one) for one in found},
        [_pod(one, _owner(one, selectors)) for one in pods if "deletionTimestamp" not in one["metadata"]],
    )


def _owner(pod: Object, selectors: Mapping[str, Mapping[str, str]]) -> str:
    labels = (pod["metadata"].get("labels") or {}).items()
    return next((name for name, wanted in selectors.items() if wanted and wanted.items() <= labels), "")


def _workload(one: Object) -> Workload:
    metadata, spec, status = one["metadata"], one["spec"], one.get("status") or {}
    return Workload(
        name=metadata["name"],
        images=tuple(each["image"] for each in spec["template"]["spec"]["containers"]),
        desired=spec.get("replicas", 1),
        updated=status.get("updatedReplicas", 0),
        ready=status.get("readyReplicas", 0),
        existing=status.get("replicas", 0),
        observed=status.get("observedGeneration", 0) >= metadata.get("generation", 0),
        stalled=_stalled(status),
    )


def _stalled(status: Object) -> str:
    """A Deployment's controller says when it has waited for longer than its deadline."""
    for each in status.get("conditions") or []:
        if each["type"] == "Progressing" and each["status"] == "False":
            return str(each.get("message") or each.get("reason") or "does not progress")
    return ""


def _pod(one: Object, workload: str) -> Pod:
    status = one.get("status") or {}
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or []}
    told = {each["name"]: each for each in status.get("containerStatuses") or []}
    return Pod(
        name=one["metadata"]["name"],
        uid=one["metadata"]["uid"],
        workload=workload,
        ready=conditions.get("Ready") == "True",
        containers=tuple(_container(each, told.get(each["name"], {})) for each in one["spec"]["containers"]),
    )


def _container(spec: Object, status: Object) -> Container:
    waiting = (status.get("state") or {}).get("waiting") or {}
    return Container(
        name=spec["name"],
        image=spec["image"],
        image_id=status.get("imageID", ""),
        restarts=status.get("restartCount", 0),
        waits=waiting.get("reason", ""),
        message=waiting.get("message", ""),
    )
