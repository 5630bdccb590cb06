"""Inputs in the form the API server will give back, so that a diff shows changes and nothing else."""

import base64
import binascii
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from sandbox.plugins.common.values import UNKNOWN, has_unknown
from sandbox.plugins.kubernetes.objects import kind_of, pluck
from sandbox.plugins.kubernetes.quantity import canonical
from sandbox.plugins.kubernetes.values import JsonObject

READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
"""Fields of metadata that only the server writes."""

QUANTITY_MAPS = {
    "limits",
    "requests",
    "hard",
    "capacity",
    "overhead",
    "max",
    "min",
    "default",
    "defaultRequest",
    "maxLimitRequestRatio",
}
FREE_TEXT = {"data", "binaryData", "labels", "annotations", "matchLabels", "nodeSelector", "selector", "parameters"}
"""Maps whose keys are the user's: their empty values mean something."""

QUANTITY_FIELDS = {"sizeLimit", "divisor", "averageValue"}
OMITTED_WHEN_EMPTY = {
    *("data", "binaryData", "labels", "annotations", "nodeSelector", "matchLabels", "limits", "requests", "selector"),
    *("hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "readOnly", "paused"),
    *("publishNotReadyAddresses", "value", "subPath", "subPathExpr", "medium", "hostIP", "prefix", "workingDir"),
    *("minReadySeconds", "initialDelaySeconds", "hostPort", "nodePort", "healthCheckNodePort", "scheme", "host"),
}
"""Fields that the server drops when they are false, 0, "" or {}, as it drops every empty list."""

BUILT_IN_GROUPS = {"", "apps", "batch", "policy", "autoscaling"}
"""Outside these and *.k8s.io a kind is a custom resource, whose fields mean what its author says."""


def normalized(inputs: JsonObject) -> JsonObject:
    """A copy in the server's form; custom resources and objects with unknowns keep their values."""
    obj = deepcopy(inputs)
    metadata = obj.get("metadata")
    if isinstance(metadata, dict):
        for field in READ_ONLY:
            metadata.pop(field, None)
    kind = kind_of(obj)
    if has_unknown(obj) or not (kind.group in BUILT_IN_GROUPS or kind.group.endswith(".k8s.io")):
        return obj
    if kind.name == "Secret":
        return _secret(obj)
    if kind.name == "CustomResourceDefinition":
        return _definition(obj)
    return {key: _field(key, value, inside=False) for key, value in _kept(obj).items()}


def pruned(live: JsonObject, shape: JsonObject) -> JsonObject:
    """The live object reduced to the fields that ``shape`` has; lists are matched by position."""
    return {key: _pruned(value, shape[key]) for key, value in live.items() if key in shape}


def _pruned(value: Any, shape: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(shape, Mapping):
        return pruned(dict(value), dict(shape))
    if isinstance(value, list) and isinstance(shape, list):
        return [_pruned(item, model) for item, model in zip(value, shape, strict=False)]
    return value


def _kept(fields: Mapping[str, Any]) -> JsonObject:
    """The fields without those that the server would drop."""
    return {
        key: value
        for key, value in fields.items()
        if value not in ("", 0, [], {}) or (value != [] and key not in OMITTED_WHEN_EMPTY)
    }


def _field(key: str, value: Any, *, inside: bool) -> Any:
    """One field's value in the server's form; quantities are known by their names, which no other field has."""
    if isinstance(value, Mapping):
        kept = value if key in FREE_TEXT else _kept(value)
        return {name: _field(name, item, inside=key in QUANTITY_MAPS) for name, item in kept.items()}
    if isinstance(value, list):
        return [_field("", item, inside=False) for item in value]
    if (inside or key in QUANTITY_FIELDS) and isinstance(value, str | int | float) and not isinstance(value, bool):
        return canonical(str(value))
    return value


def _secret(obj: JsonObject) -> JsonObject:
    """``stringData`` is write-only: the server moves it into ``data``, encoded."""
    data = dict(obj.get("data") or {})
    for key, value in data.items():
        data[key] = _recoded(value)
    for key, value in (obj.pop("stringData", None) or {}).items():
        data[key] = base64.b64encode(str(value).encode()).decode()
    return {**obj, "data": data} if data else obj


def _recoded(value: Any) -> Any:
    if not isinstance(value, str) or value == UNKNOWN:
        return value
    try:
        return base64.b64encode(base64.b64decode(value, validate=False)).decode()
    except binascii.Error:
        return value  # the API server refuses it and says so


def _definition(obj: JsonObject) -> JsonObject:
    """A CustomResourceDefinition without what the server drops."""
    obj.pop("status", None)
    if pluck(obj, "spec", "preserveUnknownFields") is False:
        del obj["spec"]["preserveUnknownFields"]
    return obj
