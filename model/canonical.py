"""One form for one meaning: data as bytes that hash the same on every machine."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, and every scalar as text.

    Pulumi hands a stack's settings on as JSON and a file holds YAML: ``4`` and ``"4"`` mean the same there.
    """
    return json.dumps(_texts(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def sha256(value: Any) -> str:
    """64 hexadecimal digits over the canonical form of ``value``."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _texts(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(one) for one in value]
    return value if isinstance(value, str) or value is None else json.dumps(value)
