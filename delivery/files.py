"""Files of a checkout: read by their names, replaced whole."""

import os
import tempfile
from pathlib import Path

from model.document import Read

MODE = 0o644


def reader(root: Path) -> Read:
    """Reads files below ``root``; raises OSError, and UnicodeDecodeError where one is no text."""
    return lambda file: (root / file).read_text("utf-8")


def replace_file(path: Path, text: str) -> None:
    """Write a file aside and put it in place of the old one: a reader sees the one or the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(aside).chmod(path.stat().st_mode & 0o777 if path.exists() else MODE)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
