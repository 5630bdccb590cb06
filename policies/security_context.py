"""Containers run as somebody, without rights that they do not need (Pod Security Standards, restricted)."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.pods import containers, kind_of, pod_of
from policies.rule import Properties, Rule

PROFILES = ("RuntimeDefault", "Localhost")


def check(token: str, properties: Properties) -> Iterator[str]:
    """Each container's own word, else its pod's."""
    pod = pod_of(token, properties)
    if pod is None or kind_of(token) == "PodTemplate":
        return
    common = pod.get("securityContext") or {}
    for where, one in containers(pod):
        yield from _missing(where, {**common, **(one.get("securityContext") or {})})


def _missing(where: str, context: Mapping[str, Any]) -> Iterator[str]:
    if context.get("runAsNonRoot") is not True:
        yield f"{where} may run as root: securityContext.runAsNonRoot must be true"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{where} may gain rights: securityContext.allowPrivilegeEscalation must be false"
    if "ALL" not in ((context.get("capabilities") or {}).get("drop") or ()):
        yield f"{where} keeps capabilities: securityContext.capabilities.drop must hold ALL"
    if (context.get("seccompProfile") or {}).get("type") not in PROFILES:
        yield f"{where} may make every system call: securityContext.seccompProfile.type must be RuntimeDefault"


RULE = Rule("security-context", "A break-in ends in what the container may do.", check)
