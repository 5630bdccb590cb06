"""What changes between an object as it is and as it is wanted: pure, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sandbox.plugins.common.values import UNKNOWN
from sandbox.plugins.kubernetes.force_new import Path, replaces


class Change(Enum):
    """What happens to a field."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Difference:
    """One field that differs."""

    path: Path
    change: Change
    replace: bool

    @property
    def text(self) -> str:
        """The path as Pulumi writes it: ``spec.template.spec.containers[0].image``."""
        return "".join(_step(step, first=position == 0) for position, step in enumerate(self.path))


MISSING = object()


def differences(old: Mapping[str, Any], new: Mapping[str, Any], forced: tuple[Path, ...] = ()) -> list[Difference]:
    """Every field in which ``new`` differs from ``old``, those that replace the object marked."""
    return [
        Difference(path, change, replaces(path, value, forced)) for path, change, value in _between((), dict(old), new)
    ]


def _between(path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Change, Any]]:
    if new == UNKNOWN:
        yield path, Change.ADD if old is MISSING else Change.UPDATE, new
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in {**old, **new}:
            yield from _between((*path, key), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _between((*path, index), _at(old, index), _at(new, index))
    elif old is MISSING:
        yield path, Change.ADD, new
    elif new is MISSING:
        yield path, Change.DELETE, None
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, Change.UPDATE, new


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else MISSING


def _step(step: str | int, *, first: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if any(sign in step for sign in '."[]'):
        escaped = step.replace('"', '\\"')
        return f'["{escaped}"]'
    return step if first else f".{step}"


def covers(ignored: str, path: str) -> bool:
    """True if ``path`` is ``ignored`` or lies under it; both in Pulumi's writing."""
    return path == ignored or path.startswith((f"{ignored}.", f"{ignored}["))
