"""Pulumi property values to Kubernetes objects and back: the names of fields, and what is secret."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

from sandbox.plugins.common.values import plain_map, wrapped

JsonObject = dict[str, Any]
Properties = Mapping[str, PropertyValue]

SECRET_FIELDS = ("data", "stringData")
"""Of kind Secret; secret whatever the program said."""


def plain_object(properties: Properties) -> JsonObject:
    """All values without secrecy and without nulls, under the names Kubernetes uses."""
    found: JsonObject = _renamed(plain_map(properties), _dashed)
    return found


def property_value(value: Any) -> PropertyValue:
    """A value under the names the SDK uses; nothing is secret."""
    return wrapped(_renamed(value, _underscored))


def with_secrets(outs: JsonObject, ins: Properties) -> dict[str, PropertyValue]:
    """``outs`` as property values, secret wherever ``ins`` is; a list with one secret in it is secret as a whole."""
    secrets = SECRET_FIELDS if outs.get("kind") == "Secret" else ()
    marked = {_underscored(key): _marked(value, ins.get(_underscored(key))) for key, value in outs.items()}
    return {key: value.with_secret(True) if key in secrets else value for key, value in marked.items()}


def _marked(value: Any, model: PropertyValue | None) -> PropertyValue:
    if model is None or not model.contains_secret():
        return property_value(value)
    if isinstance(value, Mapping) and isinstance(model.value, Mapping) and not model.is_secret:
        return PropertyValue(with_secrets(dict(value), model.value))
    return property_value(value).with_secret(True)


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {rename(key): _renamed(item, rename) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, rename) for item in value]
    return value


def _dashed(key: str) -> str:
    """The SDK writes the schema extensions of a CRD with underscores."""
    return key.replace("_", "-") if key.startswith("x_kubernetes_") else key


def _underscored(key: str) -> str:
    return key.replace("-", "_") if key.startswith("x-kubernetes-") else key
