"""Tables of properties: what a resource takes, of which type, and what a change of it means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from pulumi.provider.experimental.provider import CheckFailure

from sandbox.plugins.common.values import UNKNOWN, Values


class Scalar(Enum):
    """A type without parts."""

    STRING = "a string"
    BOOLEAN = "a boolean"
    INTEGER = "a whole number"


@dataclass(frozen=True)
class ListOf:
    """A list whose items have one type."""

    item: "Type"


@dataclass(frozen=True)
class MapOf:
    """A map from strings to values of one type."""

    item: "Type"


@dataclass(frozen=True)
class Block:
    """An object with properties of its own."""

    properties: Mapping[str, "Property"]


Type: TypeAlias = Scalar | ListOf | MapOf | Block
STRING, BOOLEAN, INTEGER = Scalar


@dataclass(frozen=True)
class Property:
    """One property of a resource."""

    type: Type
    required: bool = False
    default: Any = None
    """What it is when left out; None where that is decided elsewhere or where it is then nothing."""
    in_place: bool = False
    """Whether a change updates the resource; otherwise it replaces it."""
    secret: bool = False
    """Of an output: it is secret whatever the program said."""


Table: TypeAlias = Mapping[str, Property]


def problems(values: Values, table: Table, where: str = "") -> Iterator[CheckFailure]:
    """Everything that is wrong with ``values``: unknown names, missing ones, wrong types. Unknowns are never wrong."""
    for name in sorted(set(values) - set(table)):
        reason = f"unsupported property {where + name!r}; known: {sorted(table)}"
        yield CheckFailure(where + name, reason)
    for name, declared in table.items():
        if name in values:
            yield from _mismatches(values[name], declared.type, where + name)
        elif declared.required:
            yield CheckFailure(where + name, f"missing required property {where + name!r}")


def _mismatches(value: Any, expected: Type, where: str) -> Iterator[CheckFailure]:
    match expected, value:
        case _, str() if value == UNKNOWN:
            return
        case (Scalar.STRING, str()) | (Scalar.BOOLEAN, bool()):
            return
        case Scalar.INTEGER, int() if not isinstance(value, bool):
            return
        case ListOf(item), list():
            for at, each in enumerate(value):
                yield from _mismatches(each, item, f"{where}[{at}]")
        case MapOf(item), dict():
            for name, each in value.items():
                yield from _mismatches(each, item, f"{where}.{name}")
        case Block(properties), dict():
            yield from problems(value, properties, f"{where}.")
        case _:
            # The value itself may be a secret, so it is not shown.
            yield CheckFailure(where, f"{where!r} must be {_words(expected)}, not {_kind(value)}")


def _words(expected: Type) -> str:
    match expected:
        case Scalar():
            return expected.value
        case ListOf():
            return "a list"
        case MapOf() | Block():
            return "an object"


def _kind(value: Any) -> str:
    kinds = {
        bool: "a boolean",
        int: "a number",
        float: "a fraction",
        str: "a string",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")


def defaults(table: Table) -> Values:
    """What is left out, when that means something."""
    return {name: declared.default for name, declared in table.items() if declared.default is not None}
