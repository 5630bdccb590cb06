"""What one object names in another is there: Secrets, ConfigMaps, accounts, claims, ports, Services, workloads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.pods import containers, kind_of, pod_of
from policies.rule import Resource, StackRule, at

Reference = tuple[str, str]
"""Kind and name, in the namespace of whoever refers to it."""
GIVEN = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
"""What every namespace has."""
ENVIRONMENT = {
    "secretKeyRef": "Secret",
    "configMapKeyRef": "ConfigMap",
    "secretRef": "Secret",
    "configMapRef": "ConfigMap",
}
VOLUMES = {
    "secret": ("Secret", "secretName"),
    "configMap": ("ConfigMap", "name"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}
PROJECTED = {"secret": "Secret", "configMap": "ConfigMap"}


@dataclass(frozen=True)
class Object:
    """One object of a cluster."""

    kind: str
    namespace: str
    name: str
    properties: Mapping[str, Any]
    pod: Mapping[str, Any] | None


def check(resources: Sequence[Resource]) -> Iterator[str]:
    """References of pods, Services, Ingresses, autoscalers and role bindings, within their namespace."""
    objects = [_object(one) for one in resources if kind_of(one.type)]
    known = {(one.namespace, one.kind, one.name) for one in objects}
    for one in objects:
        for kind, name in dict.fromkeys(_references(one)):
            if (kind, name) not in GIVEN and (one.namespace, kind, name) not in known:
                yield f"{one.kind} {one.name} names {kind} {name}, which namespace {one.namespace} has not: declare it"
        if one.kind == "Service":
            yield from _unserved(one, [other for other in objects if other.namespace == one.namespace and other.pod])
        if one.kind == "Ingress":
            yield from _closed(one, objects)


def _object(resource: Resource) -> Object:
    metadata = at(resource.properties, "metadata")
    namespace, name = str(metadata.get("namespace") or "default"), str(metadata.get("name") or resource.name)
    pod = pod_of(resource.type, resource.properties)
    return Object(kind_of(resource.type), namespace, name, resource.properties, pod)


def _references(one: Object) -> Iterator[Reference]:
    if one.pod is not None:
        yield from _of_pod(one.pod)
    if one.kind == "StatefulSet" and (service := at(one.properties, "spec").get("serviceName")):
        yield "Service", str(service)
    if one.kind == "HorizontalPodAutoscaler":
        target = at(one.properties, "spec", "scaleTargetRef")
        yield str(target.get("kind")), str(target.get("name"))
    if one.kind == "RoleBinding":
        role = at(one.properties, "roleRef")
        if role.get("kind") == "Role":
            yield "Role", str(role.get("name"))


def _of_pod(pod: Mapping[str, Any]) -> Iterator[Reference]:
    if account := pod.get("serviceAccountName"):
        yield "ServiceAccount", str(account)
    for one in pod.get("imagePullSecrets") or ():
        yield "Secret", str(one.get("name"))
    for _, container in containers(pod):
        sources = [
            *(one.get("valueFrom") or {} for one in container.get("env") or ()),
            *(container.get("envFrom") or ()),
        ]
        yield from (
            (ENVIRONMENT[key], str(value.get("name")))
            for source in sources
            for key, value in source.items()
            if key in ENVIRONMENT and not value.get("optional")
        )
    for volume in pod.get("volumes") or ():
        yield from _of_volume(volume)


def _of_volume(volume: Mapping[str, Any]) -> Iterator[Reference]:
    for key, (kind, where) in VOLUMES.items():
        found = volume.get(key) or {}
        if found and not found.get("optional"):
            yield kind, str(found.get(where))
    for source in at(volume, "projected").get("sources") or ():
        for key, kind in PROJECTED.items():
            found = source.get(key) or {}
            if found and not found.get("optional"):
                yield kind, str(found.get("name"))


def _unserved(service: Object, workloads: Sequence[Object]) -> Iterator[str]:
    """Ports of a Service that no container of its pods opens."""
    selector = at(service.properties, "spec", "selector")
    if not selector:
        return
    chosen = [one for one in workloads if selector.items() <= _labels(one).items()]
    if not chosen:
        yield f"Service {service.name} selects no pod that is declared: {dict(selector)}"
        return
    open_ports = {port for one in chosen for port in _ports(one)}
    for one in at(service.properties, "spec").get("ports") or ():
        wanted = one.get("targetPort") or one.get("port")
        if str(wanted) not in open_ports:
            yield f"Service {service.name}: no container of its pods opens port {wanted}; open are {sorted(open_ports)}"


def _labels(one: Object) -> Mapping[str, Any]:
    path = () if one.kind == "Pod" else ("spec", "template")
    return at(one.properties, *path, "metadata", "labels")


def _ports(one: Object) -> Iterator[str]:
    """Numbers and names."""
    for _, container in containers(one.pod or {}, "containers"):
        for port in container.get("ports") or ():
            yield str(port.get("containerPort"))
            if port.get("name"):
                yield str(port["name"])


def _closed(ingress: Object, objects: Sequence[Object]) -> Iterator[str]:
    """Backends of an Ingress that are no declared port of a declared Service."""
    for rule in at(ingress.properties, "spec").get("rules") or ():
        for path in at(rule, "http").get("paths") or ():
            wanted = at(path, "backend", "service")
            port = wanted.get("port") or {}
            services = (one for one in objects if (one.kind, one.name) == ("Service", wanted.get("name")))
            ports = [two for one in services for two in at(one.properties, "spec").get("ports") or ()]
            if not any(two.get("port") == port.get("number") or two.get("name") == port.get("name") for two in ports):
                shown = port.get("number") or port.get("name")
                yield f"Ingress {ingress.name}: there is no Service {wanted.get('name')} with port {shown}"


RULE = StackRule(
    "references-resolve", "A pod that waits for what nobody makes never runs, and nothing says why.", check
)
