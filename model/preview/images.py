"""Which images change, by name: whatever the kind of workload, wherever in it containers stand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.preview.engine import Step

CONTAINERS = frozenset(("containers", "initContainers"))
IDLE = frozenset(("PodTemplate",))
"""Kinds with containers that nothing runs."""
SHORT = 12
"""Hexadecimal digits of a digest that tell images apart."""


@dataclass(frozen=True, order=True)
class ImageChange:
    """An image that is another one afterwards; empty where there is none."""

    name: str
    old: str
    new: str


def image_changes(steps: Iterable[Step]) -> tuple[ImageChange, ...]:
    """What changes, sorted by name; each pair of digests once, however many containers use it."""
    found: set[ImageChange] = set()
    for step in (one for one in steps if one.kind not in IDLE):
        before, after = dict(_images(step.old)), dict(_images(step.new))
        for place in {**before, **after}:
            old, new = before.get(place, ""), after.get(place, "")
            if old != new and not (step.replaces and not new):
                found.add(ImageChange(_name(new or old), short(old), short(new)))
    return tuple(sorted(found))


def is_image(path: str) -> bool:
    """Whether a property's path is that of a container's image."""
    return path.endswith(".image") and any(f"{kind}[" in path for kind in CONTAINERS)


def short(reference: str) -> str:
    """What tells an image from the one before: the beginning of its digest, else its tag."""
    _, digest, hexadecimal = reference.partition("@sha256:")
    return f"sha256:{hexadecimal[:SHORT]}" if digest else reference.rpartition("/")[2]


def _name(reference: str) -> str:
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _images(data: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(place, reference) of every container."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key in CONTAINERS and isinstance(value, list):
                yield from _of_containers(value, f"{path}.{key}")
            else:
                yield from _images(value, f"{path}.{key}")
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _images(value, f"{path}[{index}]")


def _of_containers(containers: list[Any], path: str) -> Iterator[tuple[str, str]]:
    for index, container in enumerate(containers):
        if isinstance(container, Mapping) and isinstance(container.get("image"), str):
            yield f"{path}.{container.get('name', index)}", container["image"]
