"""No two stacks manage one thing: each would take back what the other did."""

from collections.abc import Iterator

from policies.estate.whole import PROVIDER, Estate, EstateRule, Held, Stack

SHARED = {"kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"}
"""One for a cluster, the same in each stack, deleted by none (components/admission_policy.py)."""
NOWHERE = ("pulumi:", "random:")
"""Types of what exists in no outside world."""


def check(estate: Estate) -> Iterator[str]:
    """Things by type, place and the provider's own id."""
    owners: dict[tuple[str, str, str], str] = {}
    for name, stack in estate.items():
        places = _places(stack)
        for one in stack.resources:
            if not one.identity or one.type.startswith(NOWHERE) or one.type in SHARED:
                continue
            other = owners.setdefault((one.type, places.get(one.provider, ""), one.identity), name)
            if other != name:
                yield f"{one.type} {one.identity} is {other}'s and {name}'s: take it out of one of them"


def _places(stack: Stack) -> dict[str, str]:
    """What each provider works on: ids are told apart within a cluster or an organisation only."""
    return {one.name: _place(one) for one in stack.resources if one.type.startswith(PROVIDER)}


def _place(provider: Held) -> str:
    keys = ("kubeconfig", "clusterIdentifier", "owner", "baseUrl")
    return " ".join(str(provider.properties.get(key) or "") for key in keys)


RULE = EstateRule("one-owner", "Two stacks that manage one thing take back what the other did, for ever.", check)
