"""Who holds a stack's lock, and whether that is a process that has died: only then is the lock taken away.

Pulumi's own backends (file, S3, Azure, GCS) write down user, host and process; Pulumi Cloud does not, and ends leases
by itself. A process of another host cannot be judged from here.
"""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

LOCKED = ("the stack is currently locked by", "Another update is currently in progress")
HOLDER = re.compile(r"created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)")
ENGINE = "pulumi"


@dataclass(frozen=True)
class Holder:
    """The process that a lock names."""

    user: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since}"

    @property
    def is_dead(self) -> bool:
        """Whether it ran on this host and runs no more."""
        return self.host == socket.gethostname() and not _runs(self.pid)


def is_locked(said: str) -> bool:
    """Whether the engine refused because of a lock."""
    return any(text in said for text in LOCKED)


def holders(said: str) -> tuple[Holder, ...]:
    """The processes that the engine's refusal names; none where the backend does not tell."""
    return tuple(Holder(user, host, int(pid), since) for user, host, pid, since in HOLDER.findall(said))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # Numbers of processes come round again: one that is no engine did not make the lock.
    name = Path(f"/proc/{pid}/comm")
    try:
        return not name.exists() or name.read_text().startswith(ENGINE)
    except OSError:
        return True
