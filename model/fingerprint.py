"""The fingerprint, which an approval is for: one hash over everything that a deployment is made of.

Its parts are the release, the stage's settings as written, and git's ids of what reads them: code, estate, policies
and lock. Settings count as they are written: ``env:NAME`` stays, so that the hash is the same on a laptop and in a job.
Ledger, approvals, documentation and tests are no parts: they decide nothing about what runs.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field

from model.base import Model
from model.canonical import sha256
from model.release import Author, Release

SECRET = "[secret]"  # noqa: S105 - what stands for one
SHORT = 12
"""Hexadecimal digits by which people tell fingerprints apart."""
RELEASE = "release"
TREES = {
    "estate": "estate",
    "policies": "policies",
    "requirements.lock": "lock",
}
"""Files and folders at the root that count by themselves, committed or not; the others are code."""
ASIDE = re.compile(
    r"approvals|bench|docs|ledger|plans|sandbox|schemas|site|tests|\.github|"
    r"\.gitattributes|\.gitignore|LICENSE|Makefile|mkdocs\.yml|.+\.md|Pulumi\..+\.yaml"
)
"""What decides nothing about what a deployment runs, or is looked at by itself: records, words, tests, stack files, and
workflows, which the organisation's stack writes."""
MODULES = (".py", ".pyc", ".so", ".pth")
INSTALLS = re.compile(r"Pulumi\..+|PulumiPlugin\..+|\.ci|pyproject\.toml")
"""What engine and installation look for: ``Pulumi.json`` would be taken before ``Pulumi.yaml``."""
UNKNOWN = "the values of secrets and of env:NAME"
"""What a fingerprint does not cover."""

FingerprintHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Trees = Mapping[str, Mapping[str, str]]
"""By name, ``code`` for one: git's id of each of its files and folders, by path."""


class ReleasePart(Model):
    """What of a release is signed; the authors too, since they may not approve it."""

    id: str
    images: dict[str, str]
    """Digest of each image, by the image's name."""
    sources: dict[str, str] = Field(default_factory=dict)
    """The commit of each repository."""
    authors: tuple[Author, ...] = ()


class Parts(Model):
    """Everything that a fingerprint stands for."""

    release: ReleasePart
    settings: dict[str, Any]
    """The stage's settings as written, without the release and without secrets' values."""
    trees: dict[str, dict[str, str]]

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that stand for these parts and for nothing else."""
        return sha256(self.model_dump(mode="json"))


def parts_of(release: Release, settings: Mapping[str, Any], trees: Trees) -> Parts:
    """What is signed when this release is to run under these settings, brought up by these trees."""
    signed = ReleasePart(
        id=release.id,
        images=release.images,
        sources={name: one.commit for name, one in release.sources.items()},
        authors=release.authors,
    )
    return Parts(release=signed, settings=dict(settings), trees={name: dict(one) for name, one in trees.items()})


def tree_of(path: str) -> str:
    """In which tree a file or folder at the root counts once it is committed; empty where it decides nothing.

    What nobody has thought of is code: a file ``yaml.py`` beside the program would be taken for the library, and a
    folder ``x.dist-info`` could have any file loaded.
    """
    return TREES.get(path) or ("" if ASIDE.fullmatch(path) else "code")


def counts_uncommitted(path: str, *, folder: bool) -> bool:
    """Whether a file or folder at the root counts before anybody has committed it: Python or the engine reads it."""
    importable = path.isidentifier() if folder else path.endswith(MODULES)
    return path in TREES or importable or bool(INSTALLS.fullmatch(path))


def settings_of(section: Mapping[str, Any], secret: Iterable[str] = ()) -> dict[str, Any]:
    """What a stage's keys say besides its release; keys named in ``secret`` or encrypted in the file have no value."""
    hidden = set(secret)
    return {
        key: SECRET if key in hidden or _encrypted(value) else value for key, value in section.items() if key != RELEASE
    }


def _encrypted(value: Any) -> bool:
    """Whether Pulumi's ciphertext stands anywhere in ``value``; the engine hides the whole key then, so we do."""
    if isinstance(value, Mapping):
        return set(value) == {"secure"} or any(_encrypted(one) for one in value.values())
    return isinstance(value, list | tuple) and any(_encrypted(one) for one in value)
