"""The plain facts that this package takes and gives."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.github.git.reader import Reader


@dataclass(frozen=True)
class Identity:
    """Who made a commit, and when."""

    name: str
    email: str
    when: datetime
    """With a time zone; git keeps whole seconds."""


SEED_AUTHOR = Identity("OpenIM CICD", "cicd@openim.example", datetime(2026, 1, 1, tzinfo=UTC))
"""Who makes first commits: always at the same moment, so that the same files give the same object ids."""


@dataclass(frozen=True)
class Blob:
    """A file's content at one commit."""

    sha: str
    content: bytes


@dataclass(frozen=True)
class Entry:
    """One line of a folder's listing."""

    name: str
    path: str
    mode: str
    """Six octal digits: 100644, 100755, 120000 (symbolic link), 040000 (folder), 160000 (submodule)."""
    type: str
    """blob, tree or commit (a submodule)."""
    sha: str
    size: int
    """Bytes; 0 for what is not a blob."""


@dataclass(frozen=True)
class Commit:
    """One commit."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str
    """Without the final newline, as GitHub shows it."""
    author: Identity
    committer: Identity


@dataclass(frozen=True)
class Change:
    """One file that differs between two commits; a rename is one removed and one added."""

    path: str
    status: str
    """added, modified or removed."""


@dataclass(frozen=True)
class Update:
    """What happens, or happened, to one ref."""

    repository: str
    ref: str
    """The full name, e.g. ``refs/heads/main``."""
    old: str | None
    """None when the ref is created."""
    new: str | None
    """None when the ref is deleted."""
    forced: bool
    """Whether it loses commits: not a fast-forward. Never for a created or deleted ref."""
    objects: "Reader"
    """Reads the repository; inside a check it sees the push's own objects as well, which nobody else does yet."""

    @property
    def created(self) -> bool:
        """Whether the ref is new."""
        return self.old is None

    @property
    def deleted(self) -> bool:
        """Whether the ref goes away."""
        return self.new is None
