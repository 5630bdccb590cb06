"""Loopback ports: free ones are chosen once and remembered, so that addresses in state stay true."""

import fcntl
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from sandbox.layout import Layout

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The ports of one sandbox, kept in ``ports.json``."""

    layout: Layout

    def port(self, name: str) -> int:
        """The port called ``name``; chosen among the free ones at the first call, the same ever after."""
        with self._locked():
            known = self.known()
            if name not in known:
                known[name] = _free(set(known.values()), crc32(str(self.layout.root).encode()))
                self._save(known)
            return known[name]

    def known(self) -> dict[str, int]:
        """All ports chosen so far, by name."""
        return json.loads(self._file.read_text()) if self._file.exists() else {}

    @property
    def _file(self) -> Path:
        return self.layout.folder() / "ports.json"

    def _save(self, ports: dict[str, int]) -> None:
        aside = self._file.with_suffix(".new")
        aside.write_text(json.dumps(ports, indent=2, sort_keys=True) + "\n")
        aside.replace(self._file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.layout.folder() / "ports.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


FIRST, COUNT = 17400, 12000
"""Below the kernel's ephemeral range, where a port that is free now could be a client's a moment later."""


def _free(taken: set[int], seed: int) -> int:
    """A free port outside ``taken``; ``seed`` keeps two sandboxes apart that are not up at the same time."""
    for step in range(COUNT):
        candidate = FIRST + (seed + step) % COUNT
        if candidate not in taken and _is_free(candidate):
            return candidate
    raise OSError(f"no free loopback port between {FIRST} and {FIRST + COUNT - 1}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
