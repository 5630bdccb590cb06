"""Addresses that open one download without a token, as GitHub's answers for logs and artifacts redirect to."""

import hashlib
import hmac
import secrets

from sandbox.github.world import World

_KEY = secrets.token_bytes(32)
"""Addresses given out before a restart open nothing."""


def address(world: World, kind: str, number: int) -> str:
    """Where a download is: logs of ``runs`` or ``jobs``, or ``artifacts``."""
    return f"{world.base}/_sandbox/downloads/{kind}/{number}/{_signature(kind, number)}"


def is_genuine(kind: str, number: int, signature: str) -> bool:
    """Whether this process gave the address out."""
    return hmac.compare_digest(_signature(kind, number).encode(), signature.encode())


def _signature(kind: str, number: int) -> str:
    return hmac.new(_KEY, f"{kind}/{number}".encode(), hashlib.sha256).hexdigest()
