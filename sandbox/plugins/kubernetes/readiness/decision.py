"""The vocabulary of waiting: what is seen of an object, and what that means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.plugins.kubernetes.objects import Kind
from sandbox.plugins.kubernetes.values import JsonObject


@dataclass(frozen=True)
class Observation:
    """Everything a decision is made from."""

    live: JsonObject
    related: Mapping[Kind, tuple[JsonObject, ...]] = field(default_factory=dict)
    """Other objects of its namespace, by kind."""
    settled: bool = True
    """True if the related objects have not changed for a moment."""

    def of(self, kind: Kind) -> tuple[JsonObject, ...]:
        """The related objects of a kind."""
        return self.related.get(kind, ())


@dataclass(frozen=True)
class Done:
    """The object is ready."""

    message: str = ""
    """Shown beside the resource for a moment."""


@dataclass(frozen=True)
class Waiting:
    """Not ready yet."""

    message: str
    """Progress, shown beside the resource."""
    reasons: tuple[str, ...] = ()
    """Why, should the time be up now."""
    warnings: tuple[str, ...] = ()
    """What goes wrong meanwhile, shown every few seconds."""


@dataclass(frozen=True)
class Failed:
    """It will not become ready."""

    reasons: tuple[str, ...]


Decision = Done | Waiting | Failed

TEN_MINUTES, FIVE_MINUTES, ONE_MINUTE = 600, 300, 60

POD = Kind("", "v1", "Pod")
SERVICE = Kind("", "v1", "Service")
ENDPOINTS = Kind("", "v1", "Endpoints")
CLAIM = Kind("", "v1", "PersistentVolumeClaim")
REPLICA_SET = Kind("apps", "v1", "ReplicaSet")
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "StorageClass")


@dataclass(frozen=True)
class Readiness:
    """How to tell that objects of a kind are ready."""

    decide: Callable[[Observation], Decision]
    related: tuple[Kind, ...] = ()
    """What the decision looks at besides the object."""
    timeout: int = TEN_MINUTES
    """Seconds, unless the program says otherwise."""
    on_read: bool = True
    """True if a refresh reports an object that is not ready."""
