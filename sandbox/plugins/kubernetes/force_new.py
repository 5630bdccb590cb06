"""Fields whose change replaces the object, as pulumi-kubernetes lists them."""

from sandbox.plugins.kubernetes.objects import Kind, pluck
from sandbox.plugins.kubernetes.values import JsonObject

Path = tuple[str | int, ...]
"""Where a value stands; an int is an index in a list."""

EACH = -1
"""In a pattern: any index."""

IDENTITY: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))


def _spec(*fields: str) -> tuple[Path, ...]:
    return tuple(("spec", field) for field in fields)


# fmt: off
POD_FIELDS = (
    "affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases",
    "hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead",
    "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName",
    "schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace",
    "subdomain", "terminationGracePeriodSeconds", "volumes",
)
CONTAINER_FIELDS = (
    "args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports",
    "readinessProbe", "resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath",
    "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir",
)
VOLUME_SOURCES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
    "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk",
    "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
)
# fmt: on
CONTAINERS: tuple[Path, ...] = tuple(
    ("spec", role, EACH, field) for role in ("containers", "initContainers") for field in CONTAINER_FIELDS
)

BY_KIND: dict[str, tuple[Path, ...]] = {
    "apps/v1/DaemonSet": _spec("selector"),
    "apps/v1/Deployment": _spec("selector"),
    "apps/v1/StatefulSet": _spec(
        "podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates"
    ),
    "batch/v1/Job": _spec("completions", "parallelism", "selector", "template"),
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding": (("roleRef",),),
    "rbac.authorization.k8s.io/v1/RoleBinding": (("roleRef",),),
    "storage.k8s.io/v1/StorageClass": (("parameters",), ("provisioner",)),
    "v1/PersistentVolume": _spec(*VOLUME_SOURCES),
    "v1/PersistentVolumeClaim": _spec("accessModes", "selector", "storageClassName", "volumeName"),
    "v1/Pod": (*_spec(*POD_FIELDS), *CONTAINERS),
    "v1/ResourceQuota": _spec("scopes"),
    "v1/Secret": (("type",),),
    "v1/Service": _spec("clusterIP"),
}

PAYLOADS: dict[str, tuple[Path, ...]] = {
    "v1/ConfigMap": (("binaryData",), ("data",)),
    "v1/Secret": (("data",), ("stringData",)),
}
"""Replaced rather than updated, so that pods never read half a change, unless the provider is told otherwise."""


def patterns(kind: Kind, obj: JsonObject, mutable: frozenset[str]) -> tuple[Path, ...]:
    """The paths that replace this object; ``mutable`` holds the kinds (``v1/Secret``) whose payload may change."""
    payload = PAYLOADS.get(str(kind), ())
    if str(kind) in mutable and pluck(obj, "immutable") is not True:
        payload = ()
    return (*IDENTITY, *BY_KIND.get(str(kind), ()), *payload)


def replaces(path: Path, value: object, forced: tuple[Path, ...]) -> bool:
    """True if a change at ``path``, to ``value``, touches one of the patterns."""
    return any(_touches(path, value, pattern) for pattern in forced)


def _touches(path: Path, value: object, pattern: Path) -> bool:
    shared = min(len(path), len(pattern))
    same = all(_same(a, b) for a, b in zip(path[:shared], pattern[:shared], strict=True))
    if not same or len(pattern) <= len(path):
        return same
    return _contains(value, pattern[shared:])


def _same(step: str | int, wanted: str | int) -> bool:
    return isinstance(step, int) if wanted == EACH else step == wanted


def _contains(value: object, rest: Path) -> bool:
    """True if ``value`` has something at the pattern's remaining path."""
    if not rest:
        return True
    if isinstance(value, dict):
        return rest[0] in value and _contains(value[rest[0]], rest[1:])
    if isinstance(value, list) and rest[0] == EACH:
        return any(_contains(item, rest[1:]) for item in value)
    return False
