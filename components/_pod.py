"""The pod of a workload, as a Kubernetes object: what the restricted Pod Security Standard asks for, and no more.

Plain functions from data to data; keys are the API's own.
"""

from typing import Any, TypeAlias

from model.application import Workload

Manifest: TypeAlias = Any
"""Part of a Kubernetes object under the API's own keys, which the SDK takes but does not type."""

CONFIG_VOLUME = "config"
DATA_VOLUME = "data"
API_LABEL = "openim-cicd/api-access"
"""On pods that talk to the Kubernetes API; the namespace's NetworkPolicy opens the way for them."""

# A start may take five minutes (a store that replays its log) before liveness counts.
STARTUP = {"periodSeconds": 5, "failureThreshold": 60}
READINESS = {"periodSeconds": 5, "failureThreshold": 3}
LIVENESS = {"periodSeconds": 10, "failureThreshold": 6}


def selector(workload: Workload) -> dict[str, str]:
    """The label that selects the workload's pods; it can never change on a live workload."""
    return {"app.kubernetes.io/name": workload["name"]}


def labels(workload: Workload) -> dict[str, str]:
    """The labels of every object of the workload."""
    return {
        **selector(workload),
        "app.kubernetes.io/part-of": workload["part_of"],
        "app.kubernetes.io/managed-by": "pulumi",
    }


def pod_template(workload: Workload, config_map: str | None, pull_secret: Any, annotations: dict[str, Any]) -> Manifest:
    """The pod template; ``annotations`` change with what the pods read only at their start."""
    access = {API_LABEL: "true"} if workload["api_access"] else {}
    return {
        "metadata": {"labels": {**labels(workload), **access}, "annotations": annotations},
        "spec": _spec(workload, config_map, pull_secret),
    }


def _spec(workload: Workload, config_map: str | None, pull_secret: Any) -> Manifest:
    spec: Manifest = {
        "serviceAccountName": workload["name"],
        "automountServiceAccountToken": workload["api_access"],
        # Links to every Service in every environment are of no use and may shadow a program's own variables.
        "enableServiceLinks": False,
        "securityContext": _pod_security(workload),
        "containers": [_container(workload, config_map)],
    }
    # An empty list would be planned and then dropped by the server.
    if volumes := _volumes(workload, config_map):
        spec["volumes"] = volumes
    if pull_secret is not None:
        spec["imagePullSecrets"] = [{"name": pull_secret}]
    if _spreads(workload):
        spec["topologySpreadConstraints"] = [
            _spread(workload, "topology.kubernetes.io/zone"),
            _spread(workload, "kubernetes.io/hostname"),
        ]
    return spec


def _pod_security(workload: Workload) -> Manifest:
    return {
        "runAsNonRoot": True,
        "runAsUser": workload["user"],
        "runAsGroup": workload["user"],
        "fsGroup": workload["user"],
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _container(workload: Workload, config_map: str | None) -> Manifest:
    container: dict[str, Any] = {
        "name": workload["name"],
        "image": workload["image"],
        # The digest names the content, so a copy on the node is as good as a pull.
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": port["name"], "containerPort": port["container"]} for port in workload["ports"]],
        "env": _environment(workload),
        "resources": {key: dict(value) for key, value in _resources(workload).items()},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": _mounts(workload, config_map),
        **_probes(workload),
    }
    if workload["args"]:
        container["args"] = list(workload["args"])
    return container


def _resources(workload: Workload) -> dict[str, dict[str, str]]:
    return {"requests": workload["resources"]["requests"], "limits": workload["resources"]["limits"]}


def _environment(workload: Workload) -> list[dict[str, Any]]:
    plain: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in workload["environment"].items()]
    secret = [
        {"name": one["name"], "valueFrom": {"secretKeyRef": {"name": one["secret"], "key": one["key"]}}}
        for one in workload["secret_environment"]
    ]
    return plain + secret


def _probes(workload: Workload) -> Manifest:
    probe = workload.get("probe")
    if probe is None:
        return {}
    path = probe.get("path")
    how = {"httpGet": {"port": probe["port"], "path": path}} if path else {"tcpSocket": {"port": probe["port"]}}
    return {
        "startupProbe": {**how, **STARTUP},
        "readinessProbe": {**how, **READINESS},
        "livenessProbe": {**how, **LIVENESS},
    }


def _mounts(workload: Workload, config_map: str | None) -> list[dict[str, Any]]:
    mounts: list[dict[str, Any]] = [
        {"name": f"writable-{index}", "mountPath": path} for index, path in enumerate(workload["writable"])
    ]
    if config_map:
        mounts.append({"name": CONFIG_VOLUME, "mountPath": workload["files_path"], "readOnly": True})
    volume = workload.get("volume")
    if volume:
        mounts.append({"name": DATA_VOLUME, "mountPath": volume["path"]})
    return mounts


def _volumes(workload: Workload, config_map: str | None) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = [
        {"name": f"writable-{index}", "emptyDir": {}} for index in range(len(workload["writable"]))
    ]
    if config_map:
        volumes.append({"name": CONFIG_VOLUME, "configMap": {"name": config_map}})
    return volumes


def _spreads(workload: Workload) -> bool:
    return workload["replicas"] > 1 or "autoscaling" in workload


def _spread(workload: Workload, key: str) -> Manifest:
    return {
        "topologyKey": key,
        "maxSkew": 1,
        # A cluster of one zone or one node still runs everything.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(workload)},
    }
