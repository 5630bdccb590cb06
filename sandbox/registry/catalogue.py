"""Reads the catalogue of the sandbox's images into typed records."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

REPOSITORY_PREFIX = "openim"
CURRENT, NEXT = "current", "next"
VERSIONS = (CURRENT, NEXT)
BROKEN = "broken"
_FILE = Path(__file__).with_name("catalogue.yaml")
_BROKEN_PORT = "8080/http"


@dataclass(frozen=True)
class ImageSpec:
    """One image as it is to be built."""

    name: str
    """As a release names it, e.g. ``openim-api``."""
    tag: str
    source: str
    version: str
    revision: str = ""
    """The commit it is built from; empty where it was made elsewhere."""
    ports: tuple[str, ...] = ()
    """Where its program listens, e.g. ``10002/http``."""
    behaviour: str = ""
    """What is wrong with it, as a node of the sandbox reads it; empty for an image that works."""
    only_on: str = ""
    """The cluster on which that is so; empty for all."""
    deployed: bool = field(default=True, compare=False)
    """Whether a release names it."""

    @property
    def repository(self) -> str:
        """Its path in the registry."""
        return f"{REPOSITORY_PREFIX}/{self.name}"


def specs(version: str) -> list[ImageSpec]:
    """Every image that works: the services' in ``version`` (current or next), the stores' in their only one.

    Raises:
        ValueError: a version that the catalogue does not have.
    """
    if version not in VERSIONS:
        raise ValueError(f"unknown version {version!r}; known: {list(VERSIONS)}")
    data = _catalogue()
    services = [_service(name, entry, data["families"], version) for name, entry in data["images"].items()]
    return services + [_store(name, entry) for name, entry in data["stores"].items()]


def broken_specs() -> list[ImageSpec]:
    """Images whose program fails, one tag for each way of failing."""
    return [
        ImageSpec(BROKEN, kind, "", "v0", ports=(_BROKEN_PORT,), behaviour=kind, deployed=False)
        for kind in _catalogue()["broken"]
    ]


def all_specs() -> list[ImageSpec]:
    """Everything that the registry holds, each image once."""
    return list(dict.fromkeys([*specs(CURRENT), *specs(NEXT), *broken_specs()]))


def _service(name: str, entry: dict[str, Any], families: dict[str, Any], version: str) -> ImageSpec:
    family = families[entry["family"]]
    build = family["versions"][version]
    ports = tuple(entry.get("ports", ()))
    # "+" is allowed in a version and not in a tag.
    tag = build["version"].replace("+", "-")
    source, revision = family["source"], build["revision"]
    return ImageSpec(name, tag, source, build["version"], revision, ports, deployed=entry.get("deployed", True))


def _store(name: str, entry: dict[str, Any]) -> ImageSpec:
    return ImageSpec(name, entry["version"], entry["source"], entry["version"], ports=tuple(entry["ports"]))


@cache
def _catalogue() -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe").load(_FILE)
    return data
