"""Small questions about Kubernetes objects as plain dictionaries, and their kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.plugins.common.server import PluginError
from sandbox.plugins.common.values import UNKNOWN, own_type
from sandbox.plugins.kubernetes.values import JsonObject


@dataclass(frozen=True)
class Kind:
    """Group, version and kind of an object; the core group is ``""``."""

    group: str
    version: str
    name: str

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version}/{self.name}"


def kind_of(obj: JsonObject) -> Kind:
    """The kind an object says it is of."""
    group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
    return Kind("" if group == "core" else group, version, str(obj.get("kind", "")))


def kind_of_token(token: str) -> Kind:
    """``kubernetes:apps/v1:Deployment`` -> Deployment of apps/v1.

    Raises:
        PluginError: The token names no Kubernetes kind.
    """
    package, _, rest = own_type(token).partition(":")
    module, _, name = rest.partition(":")
    group, _, version = module.partition("/")
    if package != "kubernetes" or not (group and version and name):
        raise PluginError(f"unsupported resource type {token!r}: expected kubernetes:<group>/<version>:<Kind>")
    return Kind("" if group == "core" else group, version, name)


def pluck(obj: Any, *path: str) -> Any:
    """The value at a path, None if there is none."""
    for key in path:
        if not isinstance(obj, Mapping) or key not in obj:
            return None
        obj = obj[key]
    return obj


def texts(obj: JsonObject, field: str) -> dict[str, str]:
    """``metadata.labels`` or ``metadata.annotations``; empty when absent or not known yet."""
    found = pluck(obj, "metadata", field)
    return dict(found) if isinstance(found, Mapping) else {}


def annotation(obj: JsonObject, key: str) -> str:
    """An annotation's value, ``""`` if there is none."""
    return str(texts(obj, "annotations").get(key, ""))


def name_of(obj: JsonObject) -> str:
    """``metadata.name``, ``""`` if there is none."""
    return str(pluck(obj, "metadata", "name") or "")


def namespace_of(obj: JsonObject) -> str:
    """``metadata.namespace``, ``""`` if there is none."""
    return str(pluck(obj, "metadata", "namespace") or "")


def put_metadata(obj: JsonObject, key: str, value: Any) -> None:
    """Set a field of ``metadata``, unless that is wholly unknown yet."""
    metadata = obj.setdefault("metadata", {})
    if isinstance(metadata, dict):
        metadata[key] = value


def put_annotation(obj: JsonObject, key: str, value: str) -> None:
    """Add an annotation, unless the annotations are unknown yet."""
    metadata = obj.setdefault("metadata", {})
    if metadata == UNKNOWN or metadata.get("annotations") == UNKNOWN:
        return
    metadata["annotations"] = {**texts(obj, "annotations"), key: value}


def qualified(obj: JsonObject) -> str:
    """``namespace/name``, or the bare name of a cluster-wide object: the resource's id."""
    namespace, name = namespace_of(obj), name_of(obj)
    return f"{namespace}/{name}" if namespace else name


def split_id(resource_id: str) -> tuple[str, str]:
    """An id's namespace (``""`` if none) and name."""
    namespace, _, name = resource_id.rpartition("/")
    return namespace, name


def owned_by(obj: JsonObject, owner: JsonObject) -> bool:
    """True if ``owner`` stands among the owner references of ``obj``."""
    uid = pluck(owner, "metadata", "uid")
    references = pluck(obj, "metadata", "ownerReferences") or []
    return uid is not None and any(reference.get("uid") == uid for reference in references)


def condition(obj: JsonObject, name: str) -> JsonObject:
    """The entry of ``status.conditions`` of that type, empty if there is none."""
    found = pluck(obj, "status", "conditions") or []
    return next((dict(entry) for entry in found if entry.get("type") == name), {})
