"""Which images a stage's namespace admits: a pure function of the declared release and the stage's ledger.

It may not change when a deployment's outcome is recorded, or the next `up` would have something to do. So the
release beside the declared one is the last that worked here *and is another one*: the same before and after the
declared one is verified. It is what a rollback goes to, too.
"""

from collections.abc import Iterable, Mapping
from typing import TypedDict

from model.application import ApplicationContent
from model.gate_input import WayBack

GROUP, VERSION, KIND, PLURAL = "cicd.openim.io", "v1", "AdmittedImages", "admittedimages"
"""The kind of object in which a cluster keeps them."""
DEFINITION = f"{PLURAL}.{GROUP}"
"""Name of that kind's definition."""


class AdmittedImages(TypedDict):
    """What a namespace's pods may be made of; every image is ``host/path@sha256:...``."""

    release: str
    """Id of the incoming release."""
    incoming: list[str]
    """Images of its services."""
    last_verified: str
    """Id of the release to go back to; empty where nothing else was verified here."""
    verified: list[str]
    """Images of that release."""
    stores: list[str]
    """Images of the stores."""


def admitted_images(release: str, content: ApplicationContent, registry: str, way_back: WayBack) -> AdmittedImages:
    """What the declaration of ``release`` admits, each list sorted and without doubles.

    Args:
        release: id of the declared release.
        content: what is declared to run.
        registry: where images lie, ``host/path``.
        way_back: the release to go back to.
    """
    return {
        "release": release,
        "incoming": _sorted(service["image"] for service in content["services"]),
        "last_verified": way_back.release,
        "verified": references(registry, way_back.images),
        "stores": _sorted(store["image"] for store in content["stores"]),
    }


def references(registry: str, images: Mapping[str, str]) -> list[str]:
    """Digests by image name as references, sorted."""
    return _sorted(f"{registry}/{name}@{digest}" for name, digest in images.items())


def _sorted(images: Iterable[str]) -> list[str]:
    return sorted(set(images))
