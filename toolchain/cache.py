"""The per-user cache of built tools: keyed by content, built aside, renamed into place, locked."""

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from toolchain.errors import ToolchainError

KEY_LENGTH = 16


def root() -> Path:
    """``$OPENIM_CICD_CACHE``, else ``openim-cicd`` in the user's cache folder (XDG base directories)."""
    named = os.environ.get("OPENIM_CICD_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "openim-cicd"


def key(folder: Path, *more: str) -> str:
    """A short hash over every file of ``folder`` (names and contents) and ``more``."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"\0{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:KEY_LENGTH]


def has(name: str) -> bool:
    """Whether the entry ``name`` is there, whole."""
    return (root() / "toolchain" / name).is_dir()


def entry(name: str, build: Callable[[Path], None]) -> Path:
    """The cache's folder ``name``, filled by ``build(folder)`` where it is not there yet.

    A build that fails or is interrupted leaves nothing under that name. Of two runs at once one
    builds and the other waits for it.
    """
    folder = root() / "toolchain" / name
    _own(folder.parent)
    if folder.is_dir():
        return folder
    with _locked(folder.with_name(f"{name}.lock")):
        if not folder.is_dir():
            _build_aside(folder, build)
    return folder


def _own(folder: Path) -> None:
    """Nobody else may put programs there that we would run."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (root(), folder):
        facts = path.stat()
        if facts.st_uid != os.geteuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ToolchainError(
                f"{path} belongs to or is writable by others: give OPENIM_CICD_CACHE a folder of your own"
            )


def _build_aside(folder: Path, build: Callable[[Path], None]) -> None:
    aside = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)  # left by a run that was killed
    aside.mkdir()
    try:
        build(aside)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The kernel drops this lock with its process, so none is ever stale."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
