"""Uploads images to a registry, asking first what is there. Source: the OCI distribution specification 1.1."""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from sandbox.registry.oci import INDEX, Blob, Image

TIMEOUT = 10.0
"""Seconds for one answer."""
PARALLEL = 4
"""Repositories filled at a time."""


@dataclass(frozen=True)
class Push:
    """One image and where it goes."""

    repository: str
    tag: str
    image: Image


class RegistryClient:
    """A connection to one registry; use it in a ``with``."""

    def __init__(self, host: str, username: str, password: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://{host}/v2", auth=(username, password), timeout=TIMEOUT, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def push_all(self, pushes: Iterable[Push]) -> int:
        """Upload what is not there yet; returns how many images that were.

        Images of one repository go one after the other: they share layers, and the registry truncates a layer's link
        while it writes it again, so that a manifest that comes in just then names a blob unknown to it.

        Raises:
            httpx.HTTPError: the registry refused or did not answer.
        """
        by_repository: defaultdict[str, list[Push]] = defaultdict(list)
        for push in pushes:
            by_repository[push.repository].append(push)
        with ThreadPoolExecutor(PARALLEL) as pool:
            return sum(pool.map(self._push_in_order, by_repository.values()))

    def _push_in_order(self, pushes: Iterable[Push]) -> int:
        return sum([self.push(push) for push in pushes])

    def push(self, push: Push) -> bool:
        """Upload one image; False where its tag holds it already. The index comes last, so nobody sees half of it."""
        if self.digest(push.repository, push.tag) == push.image.digest:
            return False
        for blob in push.image.blobs:
            self._upload(push.repository, blob)
        for manifest in push.image.manifests:
            self._put(push.repository, manifest.digest, manifest)
        self._put(push.repository, push.tag, push.image.index)
        return True

    def digest(self, repository: str, reference: str) -> str | None:
        """The digest of what a tag or digest names; None where there is nothing."""
        answer = self._client.head(f"/{repository}/manifests/{reference}", headers={"Accept": INDEX})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(answer.raise_for_status().headers["Docker-Content-Digest"])

    def _upload(self, repository: str, blob: Blob) -> None:
        """Bring a blob that is not there; one that is stays untouched, for whoever reads it at this moment."""
        if self._client.head(f"/{repository}/blobs/{blob.digest}").status_code == httpx.codes.OK:
            return
        session = self._client.post(f"/{repository}/blobs/uploads/").raise_for_status()
        target = httpx.URL(session.headers["Location"]).copy_merge_params({"digest": blob.digest})
        headers = {"Content-Type": "application/octet-stream"}
        self._client.put(target, content=blob.content, headers=headers).raise_for_status()

    def _put(self, repository: str, reference: str, manifest: Blob) -> None:
        path = f"/{repository}/manifests/{reference}"
        headers = {"Content-Type": manifest.media_type}
        self._client.put(path, content=manifest.content, headers=headers).raise_for_status()
