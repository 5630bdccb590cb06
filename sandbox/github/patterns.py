"""Ref patterns as rulesets and protected branches write them: Ruby's fnmatch with FNM_PATHNAME."""

import re


def matches(pattern: str, name: str) -> bool:
    """Whether ``name`` fits: ``*`` and ``?`` stop at slashes, ``**/`` stands for any number of folders."""
    return re.fullmatch(_expression(pattern), name) is not None


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*+|\?|\[[^]]+\])", pattern)
    return "".join(_translated(part) for part in parts)


def _translated(part: str) -> str:
    if part == "**/":
        return "(?:[^/]+/)*"
    if part and set(part) == {"*"}:
        return "[^/]*"
    if part == "?":
        return "[^/]"
    if part.startswith("[") and part.endswith("]"):
        return part.replace("[!", "[^", 1)
    return re.escape(part)
