"""The images of the catalogue, built; and their digests, known without any registry."""

from typing import Any

from sandbox.registry.catalogue import BROKEN, CURRENT, ImageSpec, broken_specs, specs
from sandbox.registry.oci import Image, image
from sandbox.registry.program import ARCHITECTURES, sleeper

USER = "65532:65532"
"""Nobody in particular; never root."""
PORTS, BEHAVIOUR = "openim-cicd.sandbox/ports", "openim-cicd.sandbox/behaviour"


def build(spec: ImageSpec) -> Image:
    """The image of ``spec``, for both architectures."""
    programs = {architecture: sleeper(architecture) for architecture in ARCHITECTURES}
    return image(programs, _path(spec), _config(spec))


def digests(version: str = CURRENT) -> dict[str, str]:
    """Digest of every image of ``version``, by the name a release gives it; nothing is read but the catalogue."""
    return {spec.name: build(spec).digest for spec in specs(version)}


def release_digests(version: str = CURRENT) -> dict[str, str]:
    """Those of ``digests`` that are deployed: what stands in a stack file's ``release``."""
    return {spec.name: build(spec).digest for spec in specs(version) if spec.deployed}


def broken_digests() -> dict[str, str]:
    """Digest of each image that fails, by the way it fails."""
    return {spec.tag: build(spec).digest for spec in broken_specs()}


def _path(spec: ImageSpec) -> str:
    return f"/app/{spec.name}"


def _config(spec: ImageSpec) -> dict[str, Any]:
    return {
        "User": USER,
        "Entrypoint": [_path(spec)],
        "WorkingDir": "/",
        "ExposedPorts": {f"{port.partition('/')[0]}/tcp": {} for port in spec.ports},
        "Labels": _labels(spec),
    }


def _labels(spec: ImageSpec) -> dict[str, str]:
    labels = {
        "org.opencontainers.image.title": spec.name if spec.name != BROKEN else f"{BROKEN}: {spec.tag}",
        "org.opencontainers.image.source": spec.source,
        "org.opencontainers.image.version": spec.version,
        "org.opencontainers.image.revision": spec.revision,
        PORTS: ",".join(spec.ports),
        f"{BEHAVIOUR}-{spec.only_on}" if spec.only_on else BEHAVIOUR: spec.behaviour,
    }
    return {name: value for name, value in labels.items() if value}
