"""Order of versions, after Semantic Versioning 2.0.0 §11."""

import re
from functools import total_ordering
from typing import Any

PATTERN = re.compile(r"v(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


@total_ordering
class Version:
    """A version such as ``v3.8.4-alpha.1``; build metadata does not count."""

    def __init__(self, text: str) -> None:
        match = PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"must be a version like v3.8.4 or v3.8.4-alpha.1, not {text!r}")
        pre = match[4].split(".") if match[4] else []
        # A release follows all of its pre-releases; numbers precede words and compare as numbers.
        parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in pre]
        self._key = (int(match[1]), int(match[2]), int(match[3]), not pre, parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key == other._key

    def __lt__(self, other: Any) -> bool:
        return bool(self._key < other._key)

    def __hash__(self) -> int:
        return hash(str(self._key))
