"""Which kinds are waited for; all others are ready once they exist."""

from sandbox.plugins.kubernetes.objects import Kind
from sandbox.plugins.kubernetes.readiness import network, pods, simple, workloads
from sandbox.plugins.kubernetes.readiness.decision import (
    CLAIM,
    ENDPOINTS,
    FIVE_MINUTES,
    ONE_MINUTE,
    POD,
    REPLICA_SET,
    SERVICE,
    STORAGE_CLASS,
    Readiness,
)

TABLE: dict[Kind, Readiness] = {
    Kind("apps", "v1", "Deployment"): Readiness(workloads.decide_deployment, (REPLICA_SET, POD, CLAIM)),
    Kind("apps", "v1", "StatefulSet"): Readiness(workloads.decide_stateful_set, (POD,)),
    Kind("apps", "v1", "DaemonSet"): Readiness(workloads.decide_daemon_set, (POD,)),
    Kind("batch", "v1", "Job"): Readiness(workloads.decide_job, (POD,)),
    POD: Readiness(pods.decide_pod),
    SERVICE: Readiness(network.decide_service, (ENDPOINTS,)),
    Kind("networking.k8s.io", "v1", "Ingress"): Readiness(network.decide_ingress, (SERVICE, ENDPOINTS)),
    CLAIM: Readiness(simple.decide_claim, (STORAGE_CLASS,), FIVE_MINUTES, on_read=False),
    Kind("", "v1", "PersistentVolume"): Readiness(simple.decide_volume, (), FIVE_MINUTES, on_read=False),
    Kind("", "v1", "ResourceQuota"): Readiness(simple.decide_quota, (), ONE_MINUTE, on_read=False),
    Kind("", "v1", "Secret"): Readiness(simple.decide_secret, (), ONE_MINUTE, on_read=False),
    Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"): Readiness(
        simple.decide_definition, (), ONE_MINUTE, on_read=False
    ),
}

SKIP_AWAIT_ON_DELETE = {"Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"}
"""Kinds whose deletion is not waited for either when an object carries ``pulumi.com/skipAwait``."""

SLOW_TO_GO = {"Deployment", "StatefulSet", "DaemonSet", "ReplicationController"}
"""Kinds whose deletion may take ten minutes; the others have five."""
