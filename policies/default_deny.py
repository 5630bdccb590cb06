"""A namespace with workloads denies all traffic that nobody has declared."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.pods import kind_of, pod_of
from policies.rule import Resource, StackRule, at

BOTH = {"Ingress", "Egress"}


def check(resources: Sequence[Resource]) -> Iterator[str]:
    """Namespaces of the stack's workloads, less those with a policy that selects every pod and opens nothing."""
    closed = {_namespace(one) for one in resources if kind_of(one.type) == "NetworkPolicy" and _denies(one.properties)}
    open_ones = {_namespace(one) for one in resources if pod_of(one.type, one.properties) is not None} - closed
    for name in sorted(open_ones):
        yield f"namespace {name} denies nothing by default: declare a NetworkPolicy for all pods that opens nothing"


def _namespace(resource: Resource) -> str:
    return str(at(resource.properties, "metadata").get("namespace") or "default")


def _denies(properties: Mapping[str, Any]) -> bool:
    spec, selector = at(properties, "spec"), at(properties, "spec", "podSelector")
    selects_all = not selector.get("matchLabels") and not selector.get("matchExpressions")
    return (
        selects_all
        and set(spec.get("policyTypes") or ()) >= BOTH
        and not spec.get("ingress")
        and not spec.get("egress")
    )


RULE = StackRule("default-deny", "Whoever gets into one pod reaches all others.", check)
