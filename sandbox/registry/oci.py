"""Builds OCI images that come out the same, byte for byte, on every machine and with every Python.

Times and owners are fixed, JSON is canonical and layers are not compressed, since compressors differ in their output.
Source: the OCI image specification 1.1. Images are small enough to be held in memory.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
CREATED = "2026-07-22T00:00:00Z"
_CREATED_SECONDS = 1784678400


@dataclass(frozen=True)
class Blob:
    """Content and what it is; named by its digest."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """``sha256:`` and 64 hexadecimal digits."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """How other content refers to this."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content), **more}


@dataclass(frozen=True)
class Image:
    """An image of several architectures: what to upload, in this order."""

    blobs: tuple[Blob, ...]
    manifests: tuple[Blob, ...]
    index: Blob

    @property
    def digest(self) -> str:
        """The index's, which stands for the whole image."""
        return self.index.digest


def image(programs: Mapping[str, bytes], path: str, config: Mapping[str, Any]) -> Image:
    """One image that runs ``path``, which holds the program for each architecture; ``config`` is the runtime's."""
    labels = config.get("Labels", {})
    built = {architecture: _of_one(architecture, program, path, config) for architecture, program in programs.items()}
    entries = [
        manifest.descriptor(platform={"architecture": architecture, "os": "linux"})
        for architecture, (_, manifest) in built.items()
    ]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries, "annotations": dict(labels)}
    blobs = tuple(blob for blobs, _ in built.values() for blob in blobs)
    return Image(blobs, tuple(manifest for _, manifest in built.values()), Blob(canonical(index), INDEX))


def _of_one(architecture: str, program: bytes, path: str, config: Mapping[str, Any]) -> tuple[tuple[Blob, Blob], Blob]:
    layer = Blob(_archive(path, program), LAYER)
    described = {
        "created": CREATED,
        "architecture": architecture,
        "os": "linux",
        "config": dict(config),
        # The layer is not compressed, so its digest is also that of its content.
        "rootfs": {"type": "layers", "diff_ids": [layer.digest]},
        "history": [{"created": CREATED, "created_by": "openim-cicd sandbox"}],
    }
    blob = Blob(canonical(described), CONFIG)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": blob.descriptor(),
        "layers": [layer.descriptor()],
    }
    return (layer, blob), Blob(canonical(manifest), MANIFEST)


def _archive(path: str, program: bytes) -> bytes:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.size, entry.mode, entry.mtime = len(program), 0o555, _CREATED_SECONDS
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(program))
    return content.getvalue()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
