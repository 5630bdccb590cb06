"""Filter patterns of workflow triggers. Source: GitHub's "Workflow syntax", filter pattern cheat sheet."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

PART = re.compile(r"\*\*/?|\*|\[[^]]+\]|\\.|[?+]|.", re.DOTALL)


def selects(patterns: Sequence[str], name: str) -> bool:
    """Whether the list takes ``name``: a later pattern overrides an earlier one, ``!`` takes away again."""
    taken = False
    for pattern in patterns:
        if pattern.startswith("!"):
            taken = taken and not _matches(pattern[1:], name)
        else:
            taken = taken or _matches(pattern, name)
    return taken


def ignores_all(patterns: Sequence[str], names: Iterable[str]) -> bool:
    """Whether every one of ``names`` is in the list of what is ignored."""
    return all(selects(patterns, name) for name in names)


def _matches(pattern: str, name: str) -> bool:
    return _expression(pattern).fullmatch(name) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_translated(part) for part in PART.findall(pattern)), re.DOTALL)


def _translated(part: str) -> str:
    if part == "**/":
        return "(?:.*/)?"
    if part == "**":
        return ".*"
    if part == "*":
        return "[^/]*"
    if part in "?+" or (part.startswith("[") and part.endswith("]")):
        return part
    return re.escape(part[1:] if part.startswith("\\") else part)
