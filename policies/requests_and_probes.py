"""Containers say what they need, and how it is seen that they work."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.pods import LONG_LIVED, containers, kind_of, pod_of
from policies.rule import Properties, Rule

PROBES = ("readinessProbe", "livenessProbe")


def check(token: str, properties: Properties) -> Iterator[str]:
    """Requests of whatever runs; probes of whatever runs on and answers at a port."""
    kind, pod = kind_of(token), pod_of(token, properties) or {}
    if kind == "PodTemplate":
        return
    for where, one in containers(pod, "initContainers", "containers"):
        yield from _requests(where, one.get("resources") or {})
    if kind in LONG_LIVED:
        for where, one in containers(pod, "containers"):
            for probe in PROBES:
                if one.get("ports") and not one.get(probe):
                    yield f"{where} has no {probe}: nobody would see that it does not work"


def _requests(where: str, resources: Mapping[str, Any]) -> Iterator[str]:
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name in ("cpu", "memory"):
        if not requests.get(name):
            yield f"{where} requests no {name}: say what it needs (resources.requests.{name})"
    if not limits.get("memory"):
        yield f"{where} has no limit of memory: one leak takes the node along (resources.limits.memory)"


RULE = Rule("requests-and-probes", "Nobody can place, limit or restart rightly what says nothing of itself.", check)
