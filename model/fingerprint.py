"""The fingerprint, which an approval is for: one hash over a stage's release and settings, without secrets' values.

Settings count as they are written: ``env:NAME`` stays, so that the hash is the same on a laptop and in a job.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from model.canonical import sha256

SECRET = "[secret]"  # noqa: S105 - what stands for one
SHORT = 12
"""Hexadecimal digits by which people tell fingerprints apart."""
RELEASE = "release"
FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def settings_of(section: Mapping[str, Any], secret: Iterable[str] = ()) -> dict[str, Any]:
    """What a stage's keys say besides its release; keys named in ``secret`` or encrypted in the file have no value."""
    hidden = set(secret)
    return {
        key: SECRET if key in hidden or _encrypted(value) else value for key, value in section.items() if key != RELEASE
    }


def fingerprint_of(release: str, images: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    """64 hexadecimal digits that stand for this release id with these images under these settings."""
    return sha256({"release": {"id": release, "images": dict(images)}, "settings": dict(settings)})


def _encrypted(value: Any) -> bool:
    """Whether Pulumi's ciphertext stands anywhere in ``value``; the engine hides the whole key then, so we do."""
    if isinstance(value, Mapping):
        return set(value) == {"secure"} or any(_encrypted(one) for one in value.values())
    return isinstance(value, list | tuple) and any(_encrypted(one) for one in value)
