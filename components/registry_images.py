"""Whether the images that are about to run exist, asked of the registry while a change is previewed.

Functions rather than a component: a lookup registers nothing, and a missing image must stop the
program before anything else is registered.
"""

from collections.abc import Iterable
from typing import TypedDict

import pulumi
import pulumi_docker as docker

from model.registry import api_host, api_url


class RegistryLoginArgs(TypedDict):
    """How to reach a registry."""

    host: str
    """Host and port, e.g. ``docker.io``; on the loopback address it is asked over http."""
    username: pulumi.Input[str]
    """Who asks."""
    password: pulumi.Input[str]
    """Password or token; kept secret."""


class MissingImagesError(pulumi.RunError):
    """Images that the registry does not hold, or that it could not be asked about."""

    def __init__(self, missing: dict[str, str]) -> None:
        self.missing = missing
        lines = [f"  {reference}: {reason}" for reference, reason in sorted(missing.items())]
        super().__init__("\n".join([f"{len(missing)} images cannot be found in their registry:", *lines]))


def registry_provider(name: str, login: RegistryLoginArgs) -> docker.Provider:
    """A provider that asks ``login``'s registry. It needs no Docker engine."""
    auth: docker.ProviderRegistryAuthArgsDict = {
        "address": api_url(login["host"]),
        "username": login["username"],
        "password": pulumi.Output.secret(login["password"]),
    }
    return docker.Provider(name, registry_auth=[auth], disable_docker_daemon_check=True)


def require_images(references: Iterable[str], options: pulumi.InvokeOptions) -> None:
    """Look every image up by its digest.

    Args:
        references: ``host/path@sha256:...``; doubles are asked once.
        options: whose provider asks: one of ``registry_provider``, or a component that was given it.

    Raises:
        MissingImagesError: with every image that was not found, and the registry's answer.
    """
    missing: dict[str, str] = {}
    for reference in sorted(set(references)):
        path, _, digest = reference.partition("@")
        try:
            found = docker.get_registry_image(name=_beside_a_tag(path, digest), opts=options)
        except Exception as error:  # the SDK raises bare exceptions; each is reported below
            missing[reference] = _reason(error)
            continue
        if found.sha256_digest != digest:
            missing[reference] = f"the registry answers with {found.sha256_digest}"
    if missing:
        raise MissingImagesError(missing)


def _beside_a_tag(path: str, digest: str) -> str:
    """The Docker provider reads a digest only behind a tag; which tag does not matter, the digest wins.

    It asks the very host that stands in the name.
    """
    host, _, rest = path.partition("/")
    return f"{api_host(host)}/{rest}:digest@{digest}"


def _reason(error: Exception) -> str:
    """The provider's own words; the layers between add several lines around them."""
    lines = [line.strip(" \t*") for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else repr(error)
