"""The registry as a release needs it: is an image there, for every architecture? And small artifacts beside the images.

Source: OCI distribution specification 1.1.

Docker Hub and others hand out tokens for each repository; the sandbox's registry takes the account itself.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

from delivery.errors import Refused
from model.registry import api_url, is_loopback

TIMEOUT = 30.0
"""Seconds for one answer."""
PARALLEL = 4
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
PLATFORMS = ("linux/amd64", "linux/arm64")
"""What every image of a release must run on."""
NOTHING = b"{}"
EMPTY: dict[str, Any] = {
    "mediaType": "application/vnd.oci.empty.v1+json",
    "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "size": len(NOTHING),
}
"""What stands for no configuration and no layers."""
OCTETS = {"Content-Type": "application/octet-stream"}
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Registry:
    """One registry with one account."""

    host: str
    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=True, trust_env=not is_loopback(self.host))

    def missing(self, path: str, images: Mapping[str, str], platforms: Iterable[str] = PLATFORMS) -> list[str]:
        """What is wrong with each image that cannot be run everywhere; empty where all can.

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        wanted = tuple(platforms)
        with ThreadPoolExecutor(PARALLEL) as pool:
            found = pool.map(lambda one: self._fault(f"{path}/{one[0]}", one[1], wanted), sorted(images.items()))
            return [fault for fault in found if fault]

    def _fault(self, repository: str, digest: str, platforms: tuple[str, ...]) -> str:
        index = self.manifest(repository, digest)
        name = f"{self.host}/{repository}@{digest}"
        if index is None:
            return f"{name} is not in the registry"
        if index.get("mediaType") not in INDEXES:
            return f"{name} is of one architecture only; a release needs {', '.join(platforms)}"
        entries = {_platform(one): str(one["digest"]) for one in index.get("manifests", [])}
        absent = [one for one in platforms if one not in entries or self.manifest(repository, entries[one]) is None]
        return f"{name} is not there for {', '.join(absent)}" if absent else ""

    def manifest(self, repository: str, reference: str) -> dict[str, Any] | None:
        """The index or manifest of a digest or tag; None where there is none.

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        answer = self._ask("GET", f"{repository}/manifests/{reference}", {"Accept": ", ".join((*INDEXES, *MANIFESTS))})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        self._require(answer, repository, "pull")
        return dict(answer.json())

    def referrers(self, repository: str, digest: str, kind: str) -> list[str]:
        """Digests of what refers to a manifest and is of a type that begins with ``kind``, as the registry lists it.

        Registries that do not answer the question hold the list under a tag (OCI distribution specification 1.1,
        "referrers tag schema").

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        answer = self._ask("GET", f"{repository}/referrers/{digest}", {"Accept": INDEXES[0]})
        if answer.status_code == httpx.codes.NOT_FOUND:
            index = self.manifest(repository, digest.replace(":", "-")) or {}
        else:
            self._require(answer, repository, "pull")
            index = dict(answer.json())
        listed = index.get("manifests") or []
        return [str(one["digest"]) for one in listed if str(one.get("artifactType", "")).startswith(kind)]

    def put_nothing(self, repository: str) -> dict[str, Any]:
        """The descriptor of the empty object, which is there afterwards (OCI image specification 1.1).

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        self.put_blob(repository, str(EMPTY["digest"]), NOTHING)
        return dict(EMPTY)

    def put_artifact(
        self, repository: str, tag: str, kind: str, content: bytes = b"", annotations: Mapping[str, str] | None = None
    ) -> None:
        """Let ``tag`` name an artifact of a kind: ``content`` as its one layer, or none, and annotations.

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        nothing = self.put_nothing(repository)
        layer = {"mediaType": kind, "digest": f"sha256:{sha256(content).hexdigest()}", "size": len(content)}
        if content:
            self.put_blob(repository, str(layer["digest"]), content)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFESTS[0],
            "artifactType": kind,
            "config": nothing,
            "layers": [layer if content else nothing],
        }
        self.put_manifest(repository, tag, {**manifest, **({"annotations": annotations} if annotations else {})})

    def put_blob(self, repository: str, digest: str, content: bytes) -> None:
        """Keep ``content``, which has this digest; once is enough.

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        if self._ask("HEAD", f"{repository}/blobs/{digest}").is_success:
            return
        answer = self._ask("POST", f"{repository}/blobs/uploads/")
        self._require(answer, repository, "push")
        place = httpx.URL(api_url(self.host)).join(answer.headers["Location"]).copy_merge_params({"digest": digest})
        self._require(self._ask("PUT", str(place), OCTETS, content), repository, "push")

    def blob(self, repository: str, digest: str) -> bytes | None:
        """The content of a digest as the registry gives it, whatever digest that has; None where there is none.

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        answer = self._ask("GET", f"{repository}/blobs/{digest}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        self._require(answer, repository, "pull")
        return answer.content

    def put_manifest(self, repository: str, tag: str, manifest: Mapping[str, Any]) -> None:
        """Let ``tag`` name this manifest, whatever it named before.

        Raises:
            Refused: the registry does not answer or refuses the account.
        """
        headers = {"Content-Type": str(manifest["mediaType"])}
        content = json.dumps(manifest, sort_keys=True).encode()
        self._require(self._ask("PUT", f"{repository}/manifests/{tag}", headers, content), repository, "push")

    def _ask(self, method: str, path: str, headers: Mapping[str, str] = {}, content: bytes = b"") -> httpx.Response:
        """The answer; with the account where the registry asks for it."""
        url = httpx.URL(f"{api_url(self.host)}/v2/").join(path)
        answer = self._send(method, url, headers, content)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            answer = self._send(method, url, {**headers, **self._credentials(answer)}, content)
        return answer

    def _send(self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> httpx.Response:
        try:
            return self._http.request(method, url, headers=dict(headers), content=content)
        except httpx.HTTPError as error:
            raise Refused(f"registry {self.host} does not answer ({error}): check the network and REGISTRY") from None

    def _require(self, answer: httpx.Response, repository: str, right: str) -> None:
        if answer.is_error:
            raise Refused(
                f"registry {self.host} answers {answer.status_code} for {repository}: REGISTRY_USERNAME and "
                f"REGISTRY_PASSWORD must be an account that may {right} there"
            )

    def _credentials(self, answer: httpx.Response) -> dict[str, str]:
        """What the registry's challenge asks for: the account, or a token made from it."""
        challenge = answer.headers.get("WWW-Authenticate", "")
        if not challenge.lower().startswith("bearer"):
            account = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {account}"}
        asked = dict(CHALLENGE.findall(challenge))
        query = {key: asked[key] for key in ("service", "scope") if key in asked}
        try:
            given = self._http.get(asked.get("realm", ""), params=query, auth=(self.username, self.password))
            body = given.json() if given.is_success else {}
        except (httpx.HTTPError, ValueError):
            body = {}
        return {"Authorization": f"Bearer {body.get('token') or body.get('access_token') or ''}"}


def _platform(entry: Mapping[str, Any]) -> str:
    platform = entry.get("platform", {})
    return f"{platform.get('os')}/{platform.get('architecture')}"
