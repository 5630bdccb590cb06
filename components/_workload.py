"""The objects around a workload's pods, as data: how they are run, reached, kept and scaled."""

import hashlib
from collections.abc import Mapping
from typing import Any

from components._pod import DATA_VOLUME, Manifest, pod_template, selector
from model.application import Workload

FINGERPRINT_ANNOTATION = "openim-cicd/"
"""With the name of a Secret that the pods read: changes when the Secret does, so that they are replaced."""

HISTORY = 5
"""Old ReplicaSets kept to look back at."""


def config_map_name(workload: Workload) -> str | None:
    """Named by content, so that a change rolls the pods and the old pods keep what they started with."""
    files = workload["files"]
    if not files:
        return None
    content = "".join(f"{name}\0{files[name]}\0" for name in sorted(files))
    return f"{workload['name']}-config-{hashlib.sha256(content.encode()).hexdigest()[:10]}"


def headless_name(workload: Workload) -> str:
    """The Service that gives each pod of a StatefulSet its own name in DNS."""
    return f"{workload['name']}-nodes"


def deployment_spec(workload: Workload, pull_secret: Any, fingerprints: Mapping[str, Any]) -> Manifest:
    """A rolling update never has fewer pods than asked; a singleton stops before its successor starts."""
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    return {
        **_replicated(workload, pull_secret, fingerprints),
        "revisionHistoryLimit": HISTORY,
        "strategy": {"type": "Recreate"} if workload["singleton"] else rolling,
    }


def stateful_set_spec(workload: Workload, pull_secret: Any, fingerprints: Mapping[str, Any]) -> Manifest:
    """One claim for each replica, kept when the replica or the StatefulSet goes."""
    return {
        **_replicated(workload, pull_secret, fingerprints),
        "serviceName": headless_name(workload),
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "volumeClaimTemplates": [_claim(workload)],
    }


def _replicated(workload: Workload, pull_secret: Any, fingerprints: Mapping[str, Any]) -> Manifest:
    annotations = {FINGERPRINT_ANNOTATION + secret: value for secret, value in fingerprints.items()}
    spec: Manifest = {
        "selector": {"matchLabels": selector(workload)},
        "template": pod_template(workload, config_map_name(workload), pull_secret, annotations),
    }
    # The autoscaler owns the number of pods where there is one.
    return spec if "autoscaling" in workload else {"replicas": workload["replicas"], **spec}


def _claim(workload: Workload) -> Manifest:
    volume = workload["volume"]
    spec: Manifest = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": volume["size"]}},
    }
    if "storage_class" in volume:
        spec["storageClassName"] = volume["storage_class"]
    return {"metadata": {"name": DATA_VOLUME, "labels": selector(workload)}, "spec": spec}


def service_spec(workload: Workload) -> Manifest:
    """The Service that callers dial."""
    ports = [{"name": port["name"], "port": port["service"], "targetPort": port["name"]} for port in workload["ports"]]
    return {"type": "ClusterIP", "selector": selector(workload), "ports": ports}


def headless_service_spec(workload: Workload) -> Manifest:
    """Names pods from their start on, ready or not, as members of a store need to find each other."""
    ports = [
        {"name": port["name"], "port": port["container"], "targetPort": port["name"]} for port in workload["ports"]
    ]
    return {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": selector(workload), "ports": ports}


def disruption_budget_spec(workload: Workload) -> Manifest:
    """One pod at a time; pods that are not healthy anyway never hold a drain up."""
    return {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": selector(workload)},
    }


def autoscaler_spec(workload: Workload) -> Manifest:
    """Between the workload's replicas and its upper bound, by CPU in use of CPU requested."""
    autoscaling = workload["autoscaling"]
    target = {"type": "Utilization", "averageUtilization": autoscaling["cpu_percent"]}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload["name"]},
        "minReplicas": workload["replicas"],
        "maxReplicas": autoscaling["max_replicas"],
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }


def ingress_spec(workload: Workload) -> Manifest:
    """A host of its own for the whole workload: no path is rewritten on the way."""
    ingress = workload["ingress"]
    backend = {"service": {"name": workload["service"], "port": {"name": ingress["port"]}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "ingressClassName": ingress["class_name"],
        # With the controller's default certificate unless it is told of another: never in clear.
        "tls": [{"hosts": [ingress["host"]]}],
        "rules": [{"host": ingress["host"], "http": {"paths": [path]}}],
    }
