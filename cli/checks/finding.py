"""The result of one check."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What a check saw."""

    subject: str
    """What was looked at, e.g. ``GITHUB_TOKEN``."""
    good: bool
    detail: str
    """What is so; never a secret."""
    remedy: str = ""
    """What to do where it is not good."""


def good(subject: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(subject, True, detail)


def bad(subject: str, detail: str, remedy: str) -> Finding:
    """Something to do."""
    return Finding(subject, False, detail, remedy)
