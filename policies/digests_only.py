"""Images are named by digest: a tag may name something else tomorrow than what was tested today."""

import re
from collections.abc import Iterator

from policies.pods import containers, pod_of
from policies.rule import Properties, Rule

DIGEST = re.compile(r"^[^\s@]+@sha256:[0-9a-f]{64}$")


def check(token: str, properties: Properties) -> Iterator[str]:
    """Every container of a pod, also of those that start it."""
    for where, one in containers(pod_of(token, properties) or {}):
        image = str(one.get("image") or "")
        if not DIGEST.match(image):
            yield f"{where}: {image or 'no image'} is no digest: name it host/path@sha256:..."


RULE = Rule("digests-only", "A tag may name something else tomorrow than what was tested today.", check)
