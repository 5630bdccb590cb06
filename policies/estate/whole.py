"""All stacks side by side, and what a rule over them is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policies.rule import Properties, Resource

PROVIDER = "pulumi:providers:"


@dataclass(frozen=True)
class Held(Resource):
    """One resource as a stack's state holds it."""

    identity: str = ""
    """The provider's own id; empty while there is none."""
    provider: str = ""
    """Name of the provider that it is managed by, within its stack."""


@dataclass(frozen=True)
class Stack:
    """One stack."""

    resources: Sequence[Held]
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def of_type(self, token: str) -> Iterator[Properties]:
        """Properties of all resources of one type."""
        return (one.properties for one in self.resources if one.type == token)


Estate = Mapping[str, Stack]
"""Every stack by its name."""


@dataclass(frozen=True)
class EstateRule:
    """A rule for all stacks together."""

    name: str
    why: str
    """One sentence: what would go wrong."""
    check: Callable[[Estate], Iterator[str]]
    """From the stacks to what is wrong, each with its remedy."""
