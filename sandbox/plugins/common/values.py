"""Property values as plain Python and back. Secrecy is left to the engine, which marks outputs as their inputs were."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

Values = dict[str, Any]
"""Properties as plain Python: None, bool, int, float, str, list, dict or ``UNKNOWN``."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends, and takes, for a string that it cannot know yet."""
_UNKNOWNS = {
    UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
    "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
    "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
}


def plain(value: PropertyValue) -> Any:
    """The value alone; whole numbers become ints, and every kind of unknown becomes ``UNKNOWN``."""
    inner = value.value
    if isinstance(inner, Mapping):
        return plain_map(inner)
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(item) for item in inner]
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    if isinstance(inner, str) and inner in _UNKNOWNS:
        return UNKNOWN
    if inner is None or isinstance(inner, bool | float | str):
        return inner
    raise TypeError(f"a property cannot hold a {type(inner).__name__}")


def plain_map(values: Mapping[str, PropertyValue]) -> Values:
    """All properties that have a value."""
    return {name: plain(value) for name, value in values.items() if value.value is not None}


def wrapped(value: Any) -> PropertyValue:
    """The opposite of ``plain``."""
    if isinstance(value, Mapping):
        return PropertyValue(wrapped_map(value))
    if isinstance(value, list):
        return PropertyValue([wrapped(item) for item in value])
    return PropertyValue(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def wrapped_map(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """The opposite of ``plain_map``."""
    return {name: wrapped(value) for name, value in values.items() if value is not None}


def has_unknown(value: Any) -> bool:
    """Whether anything in it cannot be known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, str) and value == UNKNOWN


def own_type(qualified: str) -> str:
    """A resource's own type: an URN names it behind the types of its parents, ``parent$child``."""
    return qualified.rpartition("$")[2]
