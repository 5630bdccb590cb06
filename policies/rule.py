"""What a rule is: a name, a reason, and a pure function from properties to what is wrong with them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]
"""A resource's properties as the engine holds them, in the provider's spelling."""


def at(properties: Any, *path: str) -> Mapping[str, Any]:
    """What lies below ``path``; nothing where any of it is absent or empty."""
    for step in path:
        properties = properties.get(step) or {}
    return dict(properties)


@dataclass(frozen=True)
class Resource:
    """One resource of a stack."""

    type: str
    """Token, e.g. ``kubernetes:apps/v1:Deployment``."""
    name: str
    properties: Properties


@dataclass(frozen=True)
class Rule:
    """A rule for each resource by itself."""

    name: str
    why: str
    """One sentence: what would go wrong."""
    check: Callable[[str, Properties], Iterator[str]]
    """From type and properties to what is wrong, each with its remedy; nothing where the rule does not concern it."""


@dataclass(frozen=True)
class StackRule:
    """A rule for all resources of a stack together."""

    name: str
    why: str
    check: Callable[[Sequence[Resource]], Iterator[str]]
    """From the resources to what is wrong, each with its remedy."""
