"""Secrets that this process knows, so that nothing it shows holds one."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from model.preview import Mask

NAME = re.compile(r"(PASSWORD|PASSPHRASE|TOKEN|SECRET|PRIVATE_KEY)(_FILE)?$")
"""Environment variables that hold a secret, or the path of one."""


def mask(environment: Mapping[str, str]) -> Mask:
    """Hides every secret of ``environment``."""
    return Mask(_secrets(environment))


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        match = NAME.search(name)
        if match is None:
            continue
        if match[2]:
            file = Path(value)
            yield file.read_text().strip() if file.is_file() else ""
        else:
            yield value
