"""Job tokens: the GITHUB_TOKEN of one job, good until the job ends."""

from datetime import timedelta

from sandbox.github import job_tokens
from sandbox.github.accounts import digest
from sandbox.github.store import Database, Row
from sandbox.github.workflows.permissions import Permissions

__all__ = ["PREFIX", "digest", "mint", "revoke"]

PREFIX = job_tokens.PREFIX
LONGEST = timedelta(hours=24)
"""GitHub's limit, should nobody say that the job ended."""


def mint(db: Database, repository: Row, token: str, permissions: Permissions) -> None:
    """Make ``token`` good for ``repository``."""
    job_tokens.mint_job(db, repository["id"], permissions, lifetime=LONGEST, token=token)


def revoke(db: Database, hashed: str | None) -> None:
    """Make a token worthless."""
    if hashed:
        job_tokens.revoke(db, hashed)
