"""When a Service or an Ingress is ready."""

from sandbox.plugins.kubernetes.objects import name_of, pluck
from sandbox.plugins.kubernetes.readiness.decision import ENDPOINTS, SERVICE, Decision, Done, Observation, Waiting
from sandbox.plugins.kubernetes.values import JsonObject

NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or "
    "field '.spec.selector' may not match labels on any Pods"
)
NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"
NO_INGRESS_ADDRESS = (
    "Ingress .status.loadBalancer field was not updated with a hostname/IP address. "
    "\n    for more information about this error, see https://pulumi.io/xdv72s"
)


def decide_service(seen: Observation) -> Decision:
    """Some pod is ready behind it, and a load balancer has its address."""
    service = seen.live
    balanced = pluck(service, "spec", "type") == "LoadBalancer"
    addressed = not balanced or bool(pluck(service, "status", "loadBalancer", "ingress"))
    if pluck(service, "spec", "clusterIP") == "None" or pluck(service, "spec", "type") == "ExternalName":
        return Done()
    targeted = any(
        pluck(endpoints, "subsets") for endpoints in seen.of(ENDPOINTS) if name_of(endpoints) == name_of(service)
    )
    if targeted and addressed and seen.settled:
        return Done("Service initialization complete")
    reasons = (*(() if targeted else (NO_PODS,)), *(() if addressed else (NO_ADDRESS,)))
    step = "[2/3] Attempting to allocate IP address to Service" if targeted and seen.settled else ""
    return Waiting(step or "[1/3] Finding Pods to direct traffic to", reasons)


def decide_ingress(seen: Observation) -> Decision:
    """Every path leads to a Service with endpoints, and an address is assigned."""
    known = {name_of(endpoints) for endpoints in seen.of(ENDPOINTS)}
    known |= {name_of(svc) for svc in seen.of(SERVICE) if pluck(svc, "spec", "type") == "ExternalName"}
    lost = [_where(rule, path) for rule, path in _paths(seen.live) if _backend(path) not in ("", *known)]
    addressed = bool(pluck(seen.live, "status", "loadBalancer", "ingress"))
    warnings = tuple(f"No matching service found for ingress rule: {where}" for where in lost) if seen.settled else ()
    if addressed and (seen.settled or not lost):
        return Done("Ingress initialization complete")
    missing = ("Ingress has at least one rule with an unavailable target endpoint.",) if lost else ()
    step = "[1/3] Finding a matching service for each Ingress path" if lost and not seen.settled else ""
    message = step or "[2/3] Waiting for update of .status.loadBalancer with hostname/IP"
    return Waiting(message, (*missing, *(() if addressed else (NO_INGRESS_ADDRESS,))), warnings)


def _paths(ingress: JsonObject) -> list[tuple[JsonObject, JsonObject]]:
    rules = pluck(ingress, "spec", "rules") or []
    return [(rule, path) for rule in rules for path in pluck(rule, "http", "paths") or []]


def _backend(path: JsonObject) -> str:
    return str(pluck(path, "backend", "service", "name") or "")


def _where(rule: JsonObject, path: JsonObject) -> str:
    place = f"{rule.get('host', '')}{path.get('path', '')}"
    shown = f'"{place}"' if place else '"" (default path)'
    return f'{shown} -> "{_backend(path)}"'
