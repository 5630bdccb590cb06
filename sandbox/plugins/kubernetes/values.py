"""Pulumi property values to plain Kubernetes objects and back: numbers, nulls, unknowns and secrets.

An unknown value (an output that a preview cannot know) travels as the engine's own marker string.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.rpc import UNKNOWN

JsonObject = dict[str, Any]
Properties = Mapping[str, PropertyValue]

SECRET_FIELDS = ("data", "stringData")
"""Of kind Secret; secret whatever the program said."""


def plain(value: PropertyValue) -> Any:
    """The value without secrecy; whole numbers become ints, as Kubernetes writes them."""
    inner = value.value
    if isinstance(inner, Mapping):
        return plain_object(inner)
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(item) for item in inner]
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    if inner is None or isinstance(inner, bool | float | str):
        return inner
    raise TypeError(f"a Kubernetes object cannot hold a {type(inner).__name__}")


def plain_object(properties: Properties) -> JsonObject:
    """All values without secrecy and without nulls, under the keys Kubernetes uses."""
    return {_dashed(key): plain(value) for key, value in properties.items() if value.value is not None}


def property_value(value: Any) -> PropertyValue:
    """The opposite of ``plain``; nothing is secret."""
    if isinstance(value, Mapping):
        return PropertyValue({_underscored(key): property_value(item) for key, item in value.items()})
    if isinstance(value, list):
        return PropertyValue([property_value(item) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)


def with_secrets(outs: JsonObject, ins: Properties) -> dict[str, PropertyValue]:
    """``outs`` as property values, secret wherever ``ins`` is; a list with one secret in it is secret as a whole."""
    secrets = SECRET_FIELDS if outs.get("kind") == "Secret" else ()
    marked = {}
    for key, value in outs.items():
        outer, model = _underscored(key), ins.get(_underscored(key))
        marked[outer] = _marked(value, model)
        if key in secrets:
            marked[outer] = property_value(value).with_secret(True)
    return marked


def has_unknown(value: Any) -> bool:
    """True if a preview cannot know all of it."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return is_unknown(value)


def is_unknown(value: Any) -> bool:
    """True for the engine's marker of an unknown value."""
    return isinstance(value, str) and value == UNKNOWN


def _marked(value: Any, model: PropertyValue | None) -> PropertyValue:
    if model is None or not model.contains_secret():
        return property_value(value)
    if isinstance(value, Mapping) and isinstance(model.value, Mapping) and not model.is_secret:
        return PropertyValue(with_secrets(dict(value), model.value))
    return property_value(value).with_secret(True)


def _dashed(key: str) -> str:
    """The SDK writes the schema extensions of a CRD with underscores."""
    return key.replace("_", "-") if key.startswith("x_kubernetes_") else key


def _underscored(key: str) -> str:
    return key.replace("-", "_") if key.startswith("x-kubernetes-") else key
