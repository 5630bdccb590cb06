"""Pulling an image as a container runtime does, down to its configuration; layers are only looked for.

Source of the protocol: the OCI distribution and image specifications. Every answer is checked against its digest.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.kubernetes.agent.reference import Reference, parse_reference

PLATFORM = ("linux", "amd64")
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
PULL_TIMEOUT = 30.0
"""Seconds for each answer of a registry."""
PULL_FAILED = "ErrImagePull"


class PullError(Exception):
    """The image cannot be had; the text says why, as containerd would."""

    def __init__(self, message: str, reason: str = PULL_FAILED) -> None:
        """``reason`` is what the container then waits with."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Image:
    """What a node knows about an image that it has pulled."""

    reference: str
    image_id: str
    """``repository@digest`` of what the reference resolved to, an index's digest included."""
    user: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The digest alone."""
        return self.image_id.rpartition("@")[2]


Credentials = tuple[str, str]
"""User name and password."""


async def pull(text: str, credentials: Credentials | None) -> Image:
    """Fetch manifest and configuration of the image ``text`` for linux/amd64.

    Raises:
        PullError: not there, not allowed, not reachable, or not what its digest says.
    """
    reference = parse_reference(text)
    async with httpx.AsyncClient(base_url=reference.base, timeout=PULL_TIMEOUT, follow_redirects=True) as client:
        try:
            return await _Pull(client, reference, text, credentials).image()
        except httpx.HTTPError as error:
            raise PullError(_unresolved(text, f"{type(error).__name__}: {error}")) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PullError(f'failed to pull and unpack image "{text}": its manifest cannot be read') from error


@dataclass
class _Pull:
    client: httpx.AsyncClient
    reference: Reference
    text: str
    credentials: Credentials | None

    async def image(self) -> Image:
        top = await self._manifest(self.reference.version)
        digest = _digest(top.content)
        manifest = json.loads(top.content)
        if manifest.get("mediaType", top.headers.get("Content-Type")) in _INDEXES:
            manifest = json.loads((await self._manifest(self._for_platform(manifest))).content)
        for layer in manifest.get("layers", []):
            await self._fetch("HEAD", f"blobs/{layer['digest']}")
        config = json.loads((await self._blob(manifest["config"]["digest"])).content).get("config") or {}
        image_id = f"{self.reference.repository}@{digest}"
        return Image(self.text, image_id, config.get("User") or "", config.get("Labels") or {})

    def _for_platform(self, index: dict[str, Any]) -> str:
        for entry in index["manifests"]:
            platform = entry.get("platform", {})
            if (platform.get("os"), platform.get("architecture")) == PLATFORM:
                return str(entry["digest"])
        raise PullError(f'failed to pull and unpack image "{self.text}": no match for platform in manifest: not found')

    async def _manifest(self, version: str) -> httpx.Response:
        answer = await self._fetch("GET", f"manifests/{version}", Accept=", ".join((*_INDEXES, *_MANIFESTS)))
        return self._verified(answer, version) if version.startswith("sha256:") else answer

    async def _blob(self, digest: str) -> httpx.Response:
        return self._verified(await self._fetch("GET", f"blobs/{digest}"), digest)

    def _verified(self, answer: httpx.Response, expected: str) -> httpx.Response:
        if (actual := _digest(answer.content)) != expected:
            text = f"unexpected digest {actual}, expected {expected}: failed precondition"
            raise PullError(f'failed to pull and unpack image "{self.text}": {text}')
        return answer

    async def _fetch(self, method: str, what: str, **headers: str) -> httpx.Response:
        path = f"/v2/{self.reference.path}/{what}"
        answer = await self.client.request(method, path, headers=headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            headers["Authorization"] = await self._authorization(answer.headers.get("WWW-Authenticate", ""))
            answer = await self.client.request(method, path, headers=headers)
        if answer.is_success:
            return answer
        raise PullError(_unresolved(self.text, self._refusal(answer)))

    def _refusal(self, answer: httpx.Response) -> str:
        if answer.status_code == httpx.codes.NOT_FOUND:
            return f"{self.text}: not found"
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            return "pull access denied, repository does not exist or may require authorization"
        return f"unexpected status from {answer.request.method} request to {answer.url}: {answer.status_code}"

    async def _authorization(self, challenge: str) -> str:
        """Answer a registry's challenge: Basic with what the pod has, or a Bearer token bought with it."""
        if challenge.lower().startswith("bearer "):
            fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
            query = {key: fields[key] for key in ("service", "scope") if key in fields}
            answer = await self.client.get(
                fields["realm"], params=query, auth=self.credentials or httpx.USE_CLIENT_DEFAULT
            )
            if answer.is_success:
                return f"Bearer {answer.json().get('token') or answer.json()['access_token']}"
        elif self.credentials:
            return str(
                next(httpx.BasicAuth(*self.credentials).auth_flow(httpx.Request("GET", "/"))).headers["Authorization"]
            )
        raise PullError(_unresolved(self.text, "authorization failed: no basic auth credentials"))


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _unresolved(text: str, reason: str) -> str:
    return f'failed to pull and unpack image "{text}": failed to resolve reference "{text}": {reason}'
