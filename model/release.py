"""What runs: an immutable set of images, each named by the digest of its manifest."""

import hashlib
import json
from collections.abc import Mapping

from pydantic import Field

from model.base import Model
from model.names import Digest, DnsLabel, ReleaseId


class Release(Model):
    """A release as a stack's configuration names it."""

    id: ReleaseId
    """SemVer and short hash, e.g. ``v3.8.4+a1b2c3d``."""
    images: dict[DnsLabel, Digest] = Field(min_length=1)
    """Digest of each image, by the image's name."""


HASH_LENGTH = 7


def short_hash(images: Mapping[str, str]) -> str:
    """The part of a release's id behind ``+``: the start of the SHA-256 of its images as canonical JSON."""
    text = json.dumps(dict(images), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]
