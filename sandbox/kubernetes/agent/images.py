"""The nodes' image store: an image once pulled stays, also when the agent starts anew and the registry is down."""

import asyncio
import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from sandbox.kubernetes.agent.api import Object
from sandbox.kubernetes.agent.reference import parse_reference
from sandbox.kubernetes.agent.registry import Credentials, Image, PullError, pull


class ImageStore:
    """Images by reference and credentials: who cannot pull an image may not use another pod's copy of it either.

    The nodes of a cluster share one store. (Kubernetes documents: Ensure Image Pull Credential Verification.)
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Image] = {}
        self._pulling: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def find(self, reference: str, credentials: Credentials | None) -> Image | None:
        """The image, if it has been pulled before."""
        name = _name(reference, credentials)
        if name not in self._known and (path := self._folder / name).exists():
            self._known[name] = Image(**json.loads(path.read_text()))
        return self._known.get(name)

    async def pull(self, reference: str, credentials: Credentials | None, *, again: bool) -> Image:
        """The image, from the store unless ``again`` (``imagePullPolicy: Always``).

        Raises:
            PullError: it cannot be had.
        """
        async with self._pulling[_name(reference, credentials)]:
            if not again and (known := self.find(reference, credentials)):
                return known
            image = await pull(reference, credentials)
            self._keep(image, credentials)
            return image

    def _keep(self, image: Image, credentials: Credentials | None) -> None:
        name = _name(image.reference, credentials)
        self._known[name] = image
        aside = self._folder / f"{name}.new"
        aside.write_text(json.dumps(asdict(image)))
        aside.replace(self._folder / name)


def credentials_for(reference: str, pull_secrets: Iterable[Object]) -> Credentials | None:
    """The first credentials among ``kubernetes.io/dockerconfigjson`` Secrets that are for the image's registry.

    Raises:
        PullError: a Secret that cannot be read.
    """
    host = parse_reference(reference).host
    for secret in pull_secrets:
        entry = _registries(secret).get(host)
        if entry and "auth" in entry:
            user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
            return user, password
        if entry:
            return entry.get("username", ""), entry.get("password", "")
    return None


def _registries(secret: Object) -> dict[str, dict[str, str]]:
    """The credentials in a pull secret by host; keys may be written as addresses."""
    try:
        document = json.loads(base64.b64decode((secret.get("data") or {})[".dockerconfigjson"]))
        entries = document["auths"].items()
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise PullError(f"pull secret {secret['metadata']['name']} is no kubernetes.io/dockerconfigjson") from error
    return {address.split("://")[-1].split("/")[0]: entry for address, entry in entries}


def _name(reference: str, credentials: Credentials | None) -> str:
    return hashlib.sha256("\0".join((reference, *(credentials or ()))).encode()).hexdigest()
