"""What runs: an immutable set of images, each named by the digest of its manifest."""

from pydantic import Field

from model.base import Model
from model.names import Digest, DnsLabel, ReleaseId


class Release(Model):
    """A release as a stack's configuration names it."""

    id: ReleaseId
    """SemVer and short hash, e.g. ``v3.8.4+a1b2c3d``."""
    images: dict[DnsLabel, Digest] = Field(min_length=1)
    """Digest of each image, by the image's name."""
