"""Which repository a clone is of, as GitHub names it."""

import re

from delivery.errors import Refused
from delivery.git import Clone

REMOTE = re.compile(r"[/:]([^/:]+/[^/:]+?)(?:\.git)?/?$")
"""Owner and name at the end of an address, in the forms that git takes: https, ssh, host:path."""


def owner(clone: Clone) -> str:
    """The organisation that the clone's remote belongs to; empty where there is no remote."""
    try:
        return repository(clone).partition("/")[0]
    except Refused:
        return ""


def repository(clone: Clone) -> str:
    """``owner/name`` of the clone's remote.

    Raises:
        Refused: there is no remote, or its address names none.
    """
    url = clone.remote_url()
    match = REMOTE.search(url)
    if match is None:
        raise Refused(f"origin {url!r} names no repository; expected an address like https://github.com/owner/name")
    return match[1]
