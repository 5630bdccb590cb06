"""GitHub's REST API as the commands read it, with the user's token."""

import os

import httpx

TIMEOUT = 30.0
"""Seconds for one answer."""


def base_url() -> str:
    """``$GITHUB_BASE_URL``, else GitHub.com's."""
    return os.environ.get("GITHUB_BASE_URL", "https://api.github.com/")


def client(token: str) -> httpx.Client:
    """A client that is ``token``'s owner."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    return httpx.Client(base_url=base_url(), headers=headers, timeout=TIMEOUT)
