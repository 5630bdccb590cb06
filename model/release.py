"""What runs: an immutable set of images, each named by the digest of its manifest, and where they were built from."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from model.base import Model
from model.canonical import sha256
from model.names import Commit, Digest, DnsLabel, ReleaseId, RepositoryName

SHORT = 7
"""Hexadecimal digits that tell releases of one version apart."""

BranchName = Annotated[str, Field(min_length=1, max_length=250, pattern=r"^[^\s~^:?*\[\\]+$")]
"""A branch, as git accepts it."""


class Source(Model):
    """The commit that a repository's images were built from."""

    branch: BranchName
    commit: Commit


class Author(Model):
    """Somebody who had a hand in a release; GitHub's id, since names in git can be forged."""

    id: int | None = None
    """GitHub's id; none for somebody whom GitHub does not know."""
    login: str = Field(min_length=1)
    """Login, or the e-mail address of somebody whom GitHub does not know."""


class Release(Model):
    """A release as a stack's configuration names it."""

    id: ReleaseId
    """SemVer and short hash, e.g. ``v3.8.4+a1b2c3d``."""
    images: dict[DnsLabel, Digest] = Field(min_length=1)
    """Digest of each image, by the image's name."""
    sources: dict[RepositoryName, Source] = Field(default_factory=dict)
    """What the images were built from, by repository; absent where nobody recorded it."""
    authors: tuple[Author, ...] = ()
    """Whoever wrote, co-wrote, merged or pushed what is new since production's release."""

    @property
    def version(self) -> str:
        """``v3.8.4`` of ``v3.8.4+a1b2c3d``."""
        return self.id.partition("+")[0]


def release_id(version: str, images: Mapping[str, str], sources: Mapping[str, Source]) -> str:
    """The id of these images from these commits: ``version`` and a short hash over both."""
    commits = {repository: source.model_dump() for repository, source in sources.items()}
    return f"{version}+{sha256({'images': dict(images), 'sources': commits})[:SHORT]}"
