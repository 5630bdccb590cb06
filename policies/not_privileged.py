"""No pod reaches into its node."""

from collections.abc import Iterator

from policies.pods import containers, pod_of
from policies.rule import Properties, Rule

SHARED = ("hostNetwork", "hostPID", "hostIPC")
ALLOWED = {"NET_BIND_SERVICE"}
"""Of the restricted Pod Security Standard."""


def check(token: str, properties: Properties) -> Iterator[str]:
    """Namespaces, paths, ports and rights of the node."""
    pod = pod_of(token, properties) or {}
    yield from (f"{name} opens the node to the pod: leave it out" for name in SHARED if pod.get(name))
    for volume in pod.get("volumes") or ():
        if volume.get("hostPath"):
            yield f"volumes[{volume.get('name', '?')}] is a path of the node: use a claim or an emptyDir"
    for where, one in containers(pod):
        context = one.get("securityContext") or {}
        if context.get("privileged"):
            yield f"{where} is privileged: leave it out"
        added = set((context.get("capabilities") or {}).get("add") or ()) - ALLOWED
        if added:
            yield f"{where} adds the capabilities {sorted(added)}: leave them out"
        if any(port.get("hostPort") for port in one.get("ports") or ()):
            yield f"{where} takes a port of the node: use a Service"


RULE = Rule("not-privileged", "Who is in such a pod is on its node, and sees every other pod there.", check)
