"""Exchanges with the real GitHub that PyGithub's authors recorded for their tests; its source package has them.

They are of 2012 to 2025, so that many answers lack what GitHub says today, and some have what it does not say any more.
"""

import ast
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from toolchain import cache

PACKAGE = "PyGithub==2.9.1"
SHA256 = "59771d7ff63d54d427be2e7d0dad2208dfffc2b0a045fec959263787739b611c"
MEMBER = "/tests/ReplayData/"
LINES = 10
"""Of one exchange, before the empty line that ends it."""


@dataclass(frozen=True)
class Exchange:
    """One question and GitHub's answer."""

    file: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    year: int
    """When it was recorded; 0 where the answer does not say."""
    answer: Any


def exchanges() -> list[Exchange]:
    """All that were made with api.github.com and whose bodies are JSON."""
    found: list[Exchange] = []
    with tarfile.open(_archive()) as archive:
        for member in archive:
            if MEMBER in member.name and member.name.endswith(".txt") and (stream := archive.extractfile(member)):
                found += _parsed(member.name.rpartition("/")[2], stream.read().decode())
    return found


def _archive() -> Path:
    """The package, fetched once into the user's cache; pip checks its digest."""

    def fetch(folder: Path) -> None:
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n")
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
        command = (*pip, "--no-binary", ":all:", "--require-hashes", "--dest", str(folder), "-r", str(wanted))
        subprocess.run(command, check=True, timeout=300)

    return next(cache.entry(f"recordings-{SHA256[:16]}", fetch).glob("*.tar.gz"))


def _parsed(file: str, text: str) -> Iterator[Exchange]:
    lines = text.split("\n")
    for start in range(0, len(lines) - LINES + 1, LINES + 1):
        _, method, host, _, address, _, body, status, headers, answer = lines[start : start + LINES]
        parts = urlsplit(address)
        if "api.github.com" not in (host, parts.netloc):
            continue
        try:
            data = (json.loads(body) if body not in ("", "None") else None, json.loads(answer) if answer else None)
        except ValueError:
            continue
        query = dict(parse_qsl(parts.query))
        yield Exchange(file, method, parts.path, query, data[0], int(status), _year(headers), data[1])


def _year(headers: str) -> int:
    for name, value in ast.literal_eval(headers):
        if name.lower() == "date":
            return parsedate_to_datetime(value).year
    return 0
