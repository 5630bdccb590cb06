"""What runs more than once says how much of it must stay: else a drain may take all of it."""

from collections.abc import Iterator, Sequence

from policies.pods import kind_of
from policies.rule import Resource, StackRule, at

REPLICATED = ("Deployment", "StatefulSet")


def check(resources: Sequence[Resource]) -> Iterator[str]:
    """Replicated workloads without a PodDisruptionBudget that selects their pods, in their namespace."""
    budgets = [one for one in resources if kind_of(one.type) == "PodDisruptionBudget"]
    for one in resources:
        if kind_of(one.type) in REPLICATED and _replicas(one) > 1 and not any(_covers(b, one) for b in budgets):
            name = at(one.properties, "metadata").get("name", one.name)
            yield f"{kind_of(one.type)} {name} has {_replicas(one)} replicas and no PodDisruptionBudget: declare one"


def _replicas(resource: Resource) -> int:
    return int(at(resource.properties, "spec").get("replicas") or 1)


def _covers(budget: Resource, workload: Resource) -> bool:
    labels = at(workload.properties, "spec", "template", "metadata", "labels")
    wanted = at(budget.properties, "spec", "selector", "matchLabels")
    same_place = at(budget.properties, "metadata").get("namespace") == at(workload.properties, "metadata").get(
        "namespace"
    )
    return same_place and bool(wanted) and wanted.items() <= labels.items()


RULE = StackRule("disruption-budget", "A drain of nodes may take all replicas at once.", check)
