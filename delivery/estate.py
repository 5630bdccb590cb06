"""The whole estate as the stacks' states hold it, and what its invariants say to that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.engine import Engine
from delivery.stage import stacks
from policies.estate.rules import RULES as ESTATE_RULES
from policies.estate.whole import Estate, Held, Stack
from policies.rule import StackRule
from policies.rules import RULES

STACK = "pulumi:pulumi:Stack"
SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks a special value in a state (Pulumi's wire format)."""
HIDDEN = "[secret]"


@dataclass(frozen=True)
class Finding:
    """What one invariant says."""

    name: str
    why: str
    wrong: tuple[str, ...]
    """Every offender with its remedy; nothing where it holds."""


def held(root: Path, engine: Engine) -> Estate:
    """Every stack of the checkout as its state holds it; secrets stay hidden.

    Raises:
        Refused: a backend does not answer, or a stack was never brought up.
    """
    return {name: stack_of(engine.resources(name)) for name in stacks(root)}


def stack_of(resources: list[dict[str, Any]]) -> Stack:
    """A stack from its state's resources."""
    outputs = next((one.get("outputs") or {} for one in resources if one["type"] == STACK), {})
    found = [
        Held(
            one["type"],
            one["urn"].rpartition("::")[2],
            _opened(one.get("inputs") or {}),
            str(one.get("id") or ""),
            str(one.get("provider") or "").rpartition("::")[0].rpartition("::")[2],
        )
        for one in resources
    ]
    return Stack(found, _opened(outputs))


def findings(estate: Estate) -> Iterator[Finding]:
    """Every invariant: those within each stack, then those between stacks."""
    for one in RULES:
        if isinstance(one, StackRule):
            wrong = (f"{name}: {text}" for name, stack in estate.items() for text in one.check(stack.resources))
            yield Finding(one.name, one.why, tuple(wrong))
    for rule in ESTATE_RULES:
        yield Finding(rule.name, rule.why, tuple(rule.check(estate)))


def _opened(value: Any) -> Any:
    """A state's value as rules see it: what is secret is there and says nothing."""
    if isinstance(value, Mapping):
        return HIDDEN if SIGNATURE in value else {key: _opened(one) for key, one in value.items()}
    return [_opened(one) for one in value] if isinstance(value, list) else value
