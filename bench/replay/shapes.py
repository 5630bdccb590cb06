"""Whether an answer has the shape of another: its keys, and the JSON types of their values.

What is null on either side says nothing about its type and is passed over.
"""

from collections.abc import Iterator
from typing import Any

TYPES = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
DATA = {"permissions", "payload", "config"}
"""Objects whose keys are data where their values are plain."""


def differences(recorded: Any, answered: Any, place: str = "$") -> Iterator[str]:
    """What of the recorded shape the answer lacks, as ``place: what``."""
    if recorded is None or answered is None:
        return
    kinds = TYPES[type(recorded)], TYPES[type(answered)]
    if kinds[0] != kinds[1]:
        yield f"{place}: {kinds[0]} expected, {kinds[1]} given"
    elif isinstance(recorded, dict):
        yield from _of_objects(recorded, answered, place)
    elif isinstance(recorded, list) and recorded:
        if not answered:
            yield f"{place}[]: nothing to compare with"
        else:
            yield from differences(recorded[0], answered[0], f"{place}[]")


def _of_objects(recorded: dict[str, Any], answered: dict[str, Any], place: str) -> Iterator[str]:
    if place.rpartition(".")[2] in DATA and not any(isinstance(value, dict) for value in recorded.values()):
        return
    for key, value in recorded.items():
        if key in answered:
            yield from differences(value, answered[key], f"{place}.{key}")
        else:
            yield f"{place}.{key}: missing"
