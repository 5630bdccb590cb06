"""The engine writes its salt into a committed stack file at each run; the state keeps it, the file must not."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SALT = re.compile(r"^encryptionsalt:.*\n", re.MULTILINE)


@contextmanager
def saltless(file: Path) -> Iterator[None]:
    """The committed file as it was: the engine writes its salt into it and folds long lines anew.

    A salt that stands there already may be another state's; the engine would ask for that one's passphrase.
    """
    without_salt(file)
    before = file.read_text() if file.exists() else ""
    try:
        yield
    finally:
        without_salt(file, before)


def without_salt(file: Path, before: str = "") -> None:
    """Take the salt out. Where nothing else was changed the text is ``before`` again, to the byte."""
    text = file.read_text() if file.exists() else ""
    if SALT.search(text):
        plain = SALT.sub("", text)
        file.write_text(before if before and _data(before) == _data(plain) else plain)


def _data(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)
